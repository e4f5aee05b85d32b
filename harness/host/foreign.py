"""Files that a repository or a person names: regular ones, and no more of them than is bounded.

A link to a device or a pipe would be read for ever, and opening one can do things of its own: what
it is, is looked at before and after it is opened, and opening waits for nobody.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from harness.errors import InputError, ToolError

LARGEST = 32 * 2**20
"""Bytes of what is read as a whole: hundreds of times what settings and locks have."""

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_NOT_THERE = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}
)


def read(path: Path, where: str, *, most: int = LARGEST) -> bytes:
    """Return the content of a file; errors call it `where`.

    Raises:
        InputError: it is not there, no regular file, or larger than `most` bytes.
        ToolError: it cannot be read.

    """
    with opened(path, where) as file:
        try:
            data = file.read(most + 1)
        except OSError as error:
            raise _failure(error, where) from error
    _bound(len(data), where, most)
    return data


@contextmanager
def opened(path: Path, where: str) -> Iterator[BufferedReader]:
    """Yield a regular file of any size, to be read piece by piece; errors call it `where`.

    Raises:
        InputError: it is not there, or no regular file.
        ToolError: it cannot be opened.

    """
    try:
        _require_regular(path.stat().st_mode, where)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise _failure(error, where) from error
    with open(handle, "rb") as file:
        _require_regular(os.fstat(handle).st_mode, where)
        yield file


def require(path: Path, where: str, *, most: int = LARGEST) -> None:
    """Refuse a file that `read` would refuse, for others who are to read it.

    Raises:
        InputError, ToolError: as `read`.

    """
    with opened(path, where) as file:
        _bound(os.fstat(file.fileno()).st_size, where, most)


def _require_regular(mode: int, where: str) -> None:
    if not stat.S_ISREG(mode):
        kind = next((kind for is_one, kind in _KINDS if is_one(mode)), "something else")
        raise InputError(f"{where}: {kind}, where a file is needed")


def _bound(size: int, where: str, most: int) -> None:
    if size > most:
        raise InputError(f"{where}: more than {most} bytes")


def _failure(error: OSError, where: str) -> InputError | ToolError:
    if error.errno in _NOT_THERE:
        return InputError(f"{where}: {error.strerror}")
    return ToolError(f"{where}: cannot be read: {error.strerror}")
