"""What harness keeps below a repository's `.harness`: reached through no link that the tree holds.

A repository is somebody else's and may come with a `.harness` of its own. Each component from there
on is opened as a directory and never followed as a link; a link at the end is ours only if it leads
into the store. Paths without that component are the user's own choice, and are taken as they are.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import InputError
from harness.host import far
from harness.host.files import explained
from harness.store.nix import STORE

NAME = ".harness"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def opened(path: Path, *, make: bool = False, mode: int = 0o777) -> Iterator[int]:
    """Yield a handle of a directory, which is made with what is missing above it if `make`.

    Raises:
        InputError: a component from `.harness` on is a link, or no directory.
        ToolError: it is not there, or cannot be made or opened.

    """
    top, names = _split(path)
    with explained(path):
        if make:
            top.mkdir(parents=True, exist_ok=True)
        handle = os.open(top, _DIRECTORY)
        try:
            for place, name in names:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, mode, dir_fd=handle)
                below = _open(place, name, handle)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)


def _split(path: Path) -> tuple[Path, list[tuple[Path, str]]]:
    """Return what is the user's of a path, and the components below, each with its whole path."""
    if NAME not in path.parts:
        return path, []
    at = path.parts.index(NAME)
    places = [Path(*path.parts[:end]) for end in range(at + 1, len(path.parts) + 1)]
    return Path(*path.parts[:at]), [(place, place.name) for place in places]


def _open(place: Path, name: str, above: int) -> int:
    try:
        return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    except NotADirectoryError as error:
        kind = "a link" if place.is_symlink() else "no directory"
        raise InputError(
            f"{place}: {kind}, and harness keeps nothing behind one; see what put it there, "
            "and remove it"
        ) from error


def directory(path: Path, *, mode: int = 0o777) -> Path:
    """Return a directory that is there, made where it is missing.

    Raises:
        InputError, ToolError: as `opened`.

    """
    with opened(path, make=True, mode=mode):
        return path


def place(path: Path) -> Path:
    """Return the path of a file that may be written: its directory is there, and it is not a link.

    Raises:
        InputError: it is a link below `.harness`; or as `opened`.
        ToolError: as `opened`.

    """
    with opened(path.parent, make=True):
        if NAME in path.parts and path.is_symlink():
            raise InputError(f"{path}: a link, and harness writes through none; remove it")
    return path


def directories(path: Path) -> list[Path]:
    """Return the directories in a directory, in order, links to some left out; none without it.

    Raises:
        InputError, ToolError: as `opened`.

    """
    if not os.path.lexists(path):
        return []
    with opened(path) as handle, os.scandir(handle) as entries:
        return sorted(path / one.name for one in entries if one.is_dir(follow_symlinks=False))


def roots(path: Path) -> dict[str, str]:
    """Return the links into the store in a directory by name, and where they lead, in order.

    Raises:
        InputError, ToolError: as `opened`.

    """
    if not os.path.lexists(path):
        return {}
    with opened(path) as handle, os.scandir(handle) as entries:
        links = sorted(one.name for one in entries if one.is_symlink())
        found = {name: os.readlink(name, dir_fd=handle) for name in links}
    return {name: target for name, target in found.items() if is_in_store(target)}


def is_in_store(target: str) -> bool:
    """Return whether a link's target is a path of the store or below one, as it is written."""
    return target.startswith(f"{STORE}/") and ".." not in target.split("/")


def release(root: Path) -> None:
    """Remove a link, if it leads into the store.

    Raises:
        InputError, ToolError: as `opened`, or it cannot be removed.

    """
    with opened(root.parent) as handle, suppress(FileNotFoundError):
        if is_in_store(os.readlink(root.name, dir_fd=handle)):
            os.unlink(root.name, dir_fd=handle)


def remove(path: Path) -> None:
    """Remove what is at a path, if something is: a tree, which may be read-only, or a file.

    Raises:
        InputError, ToolError: as `opened`, or it cannot be removed.

    """
    with opened(path.parent, make=True) as handle:
        try:
            found = os.stat(path.name, dir_fd=handle, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(path.name, dir_fd=handle)
            return
        far.remove(path.name, above=handle)
