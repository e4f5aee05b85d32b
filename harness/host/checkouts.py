"""Whether a git directory is that of the checkout which names it, and of no other.

A file or link `.git` names a directory anywhere, and within a git directory `commondir` and links
do: who writes them by hand shows another repository's history as that of this one. git itself
writes the way back, and only what both ends say is believed: `gitdir` of a worktree's directory,
`core.worktree` of a submodule's.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pygit2

from harness.errors import InputError
from harness.host import foreign
from harness.host.files import explained

_MARK = "gitdir: "
_LONGEST = 64 * 1024
_NAMING = ("HEAD", "packed-refs", "index", "config", "config.worktree")
"""What says, with the files below refs/, which commits and files a repository has."""


def require_own(top: Path) -> None:
    """Refuse a checkout or bare repository whose git directory is, or leads into, another's.

    `top` is an absolute path without links.

    Raises:
        InputError: it is; says what would put it right.
        ToolError: it cannot be read.

    """
    place = top / ".git"
    with explained(place):
        if not os.path.lexists(place):
            _require_whole(top)
        elif place.is_dir() and not place.is_symlink():
            _require_whole(place)
        else:
            _require_whole(_named(place))


def _named(place: Path) -> Path:
    """Return the directory that a file or link names, if that names the checkout too."""
    directory = place
    if not place.is_dir():
        text = _line(place)
        if not text.startswith(_MARK):
            raise InputError(f"{place}: no line that begins with {_MARK!r}")
        directory = place.parent / text.removeprefix(_MARK)
    directory = _real(directory)
    if not _names(directory, place):
        raise InputError(
            f"{place}: names {directory}, which does not name this checkout, so its history may be "
            "another's; for a worktree that was moved run `git worktree repair`, else "
            f"`git config core.worktree {place.parent}` where it is the right one"
        )
    return directory


def _names(directory: Path, place: Path) -> bool:
    pointer = directory / "gitdir"
    if not pointer.is_file():
        return _worktree(directory) == place.parent
    back = directory / _line(pointer)
    return _common(directory) is not None and _real(back.parent) / back.name == place


def _worktree(directory: Path) -> Path | None:
    """Return where a git directory's own configuration has its files."""
    config = directory / "config"
    try:
        foreign.require(config, str(config))
        named = pygit2.Config(str(config))["core.worktree"]
    except (InputError, KeyError, pygit2.GitError):
        return None
    return _real(directory / named) if named else None


def _common(directory: Path) -> Path | None:
    """Return the git directory that a worktree's is in, if that is also the one that it names."""
    named = directory / "commondir"
    around = directory.parent.parent
    is_one = directory.parent.name == "worktrees" and named.is_file()
    return around if is_one and _real(directory / _line(named)) == around else None


def _require_whole(directory: Path) -> None:
    """Refuse a git directory that has its commits, or their names, from elsewhere."""
    common = _common(directory)
    if common is None and os.path.lexists(directory / "commondir"):
        raise InputError(f"{directory / 'commondir'}: names another repository's directory")
    if common is not None:
        _require_whole(common)
    for path in _naming(directory):
        if path.is_symlink() and not _real(path).is_relative_to(_real(directory)):
            raise InputError(f"{path}: a link that leads out of git's directory")


def _naming(directory: Path) -> Iterator[Path]:
    yield from (directory / name for name in (*_NAMING, "refs"))
    for above, directories, names in os.walk(directory / "refs"):
        yield from (Path(above, name) for name in (*directories, *names))


def _line(path: Path) -> str:
    text = os.fsdecode(foreign.read(path, str(path), most=_LONGEST)).partition("\n")[0].rstrip("\r")
    if "\0" in text:
        raise InputError(f"{path}: no path")
    return text


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
