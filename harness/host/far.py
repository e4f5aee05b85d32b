"""Reaching what lies deeper in a tree than a path may be long, and removing it.

The kernel takes paths of 4,095 bytes, and Python's own walks call themselves once a directory.
Builders and hostile archives make trees that are deeper.
"""

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

_NEAR = 1000
"""Characters, of four bytes at most, and as many again for a name."""
_DIRECTORY = os.O_DIRECTORY | os.O_CLOEXEC

T = TypeVar("T")


def is_near(path: str | bytes) -> bool:
    """Tell whether a path can be used as it is, with any name behind it."""
    return len(path) < _NEAR


def at(path: str, call: Callable[[str], T]) -> T:
    """Return what `call` makes of a path, or for a far one of a shorter path to the same place.

    Raises:
        OSError: it cannot be reached, or as `call`; names the path.

    """
    if is_near(path):
        return call(path)
    above, name = os.path.split(path)
    handle = _reached(os.fsencode(above))
    try:
        return call(f"/proc/self/fd/{handle}/{name}")
    except OSError as error:
        error.filename = path
        raise
    finally:
        os.close(handle)


def _reached(directory: bytes) -> int:
    """Open a directory step by step, each as long as a path may be."""
    handle = os.open(b"/" if directory.startswith(b"/") else b".", os.O_PATH | _DIRECTORY)
    for step in _steps(directory):
        below = -1
        try:
            below = os.open(step, os.O_PATH | _DIRECTORY, dir_fd=handle)
        finally:
            os.close(handle)
        handle = below
    return handle


def _steps(directory: bytes) -> Iterator[bytes]:
    step = b""
    for name in filter(None, directory.split(b"/")):
        if step and len(step) + len(name) >= _NEAR:
            yield step
            step = b""
        step = step + b"/" + name if step else name
    if step:
        yield step


def walked(top: Path) -> Iterator[tuple[str, str, int]]:
    """Yield what lies below a directory, in no order: whole path, path below, mode.

    Links are not followed.

    Raises:
        OSError: it cannot be read.

    """
    waiting = [""]
    while waiting:
        below = waiting.pop()
        for name in at(os.path.join(top, below) if below else str(top), os.listdir):
            path = os.path.join(below, name)
            whole = os.path.join(top, path)
            mode = at(whole, os.lstat).st_mode
            yield whole, path, mode
            if stat.S_ISDIR(mode):
                waiting.append(path)


def remove(name: str | Path, *, above: int | None = None, lenient: bool = False) -> None:
    """Remove a tree, which may be read-only and of any depth; links are not followed.

    `name` is a path, or one of the directory that `above` is a handle of. `lenient` removes what
    can be removed and lets the rest stay.

    Raises:
        OSError: something cannot be removed, unless `lenient`.

    """
    failing = suppress(OSError) if lenient else nullcontext()
    with failing:
        handle = os.open(name, os.O_RDONLY | _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        try:
            _empty(handle, failing)
        finally:
            os.close(handle)
        os.rmdir(name, dir_fd=above)


def _empty(top: int, failing: AbstractContextManager[None]) -> None:
    """Remove what is in a directory, by moving what lies deeper up to it."""
    with failing:
        os.fchmod(top, 0o700)
    unused = map(f".{secrets.token_hex(16)}-{{}}".format, count())
    tried = set[str]()
    while names := set(os.listdir(top)) - tried:
        for name in names:
            tried.add(name)
            with failing:
                if not _is_removed(name, top):
                    _raised(name, top, unused, failing)


def _is_removed(name: str, above: int) -> bool:
    """Remove what is no directory; tell whether it was none."""
    if stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=above)
    return True


def _raised(
    name: str, top: int, unused: Iterator[str], failing: AbstractContextManager[None]
) -> None:
    """Move the directories in one directory up into the top, and remove the rest and itself."""
    with failing:
        os.chmod(name, 0o700, dir_fd=top)
    handle = os.open(name, os.O_RDONLY | _DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
    try:
        for below in os.listdir(handle):
            with failing:
                if not _is_removed(below, handle):
                    os.chmod(below, 0o700, dir_fd=handle)
                    os.rename(below, next(unused), src_dir_fd=handle, dst_dir_fd=top)
    finally:
        os.close(handle)
    os.rmdir(name, dir_fd=top)
