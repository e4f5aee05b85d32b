"""Reaching what lies deeper in a tree than a path may be long, and removing it.

The kernel takes paths of 4,095 bytes, and Python's own walks call themselves once a directory.
Builders and hostile archives make trees that are deeper.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_NEAR = 1000
"""Characters, of four bytes at most, and as many again for a name."""
_DIRECTORY = os.O_DIRECTORY | os.O_CLOEXEC

T = TypeVar("T")


def is_near(path: str | bytes) -> bool:
    """Return whether a path can be used as it is, with any name behind it."""
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
    """Remove what is in a directory, with one handle that goes down and up again."""
    handle = os.dup(top)
    levels: list[_Level] = []
    try:
        levels.append(_Level.of("", handle, failing))
        while levels:
            if name := next(levels[-1].names, None):
                with failing:
                    if not _is_removed(name, handle):
                        handle = _entered(name, handle, levels, failing)
            elif done := levels.pop() if len(levels) > 1 else None:
                handle = _left(handle, levels[-1])
                with failing:
                    os.rmdir(done.name, dir_fd=handle)
            else:
                return
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """A directory on the way down: its name, what is still to be removed, and which one it is."""

    name: str
    names: Iterator[str]
    identity: tuple[int, int]

    @classmethod
    def of(cls, name: str, handle: int, failing: AbstractContextManager[None]) -> "_Level":
        with failing:
            os.fchmod(handle, 0o700)
        status = os.fstat(handle)
        return cls(
            name=name, names=iter(os.listdir(handle)), identity=(status.st_dev, status.st_ino)
        )


def _is_removed(name: str, above: int) -> bool:
    """Remove what is not a directory; tell whether it was none."""
    if stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=above)
    return True


def _entered(
    name: str, above: int, levels: list[_Level], failing: AbstractContextManager[None]
) -> int:
    """Return a handle of a directory in place of that of the one above it."""
    with failing:
        os.chmod(name, 0o700, dir_fd=above)
    handle = os.open(name, os.O_RDONLY | _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    try:
        levels.append(_Level.of(name, handle, failing))
    except OSError:
        os.close(handle)
        raise
    os.close(above)
    return handle


def _left(handle: int, level: _Level) -> int:
    """Return a handle of the directory above, which must be the one that was gone through."""
    above = os.open("..", os.O_RDONLY | _DIRECTORY, dir_fd=handle)
    status = os.fstat(above)
    if (status.st_dev, status.st_ino) != level.identity:
        os.close(above)
        raise OSError(errno.ESTALE, "moved while it was removed")
    os.close(handle)
    return above
