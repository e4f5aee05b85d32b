"""Trees on disk, read as Nix sees them: files, links and directories, nothing else."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from io import FileIO
from typing import TypeVar

from harness.errors import ToolError
from harness.host import far
from harness.store.core import nar

T = TypeVar("T")
_CHUNK = 2**18
"""Bytes at a time: what fits a processor's cache is hashed fastest."""


def nar_sha256(path: str | os.PathLike[str]) -> str:
    """Return the sha256 (hex) of the archive of a file or directory; links are not followed.

    Raises:
        ToolError: a file that cannot be read, changes meanwhile, or is of another kind.

    """
    try:
        return nar.nar_sha256(read(os.fsencode(path)))
    except OSError as error:
        where = os.fsdecode(error.filename or path)
        raise ToolError(f"{where}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ToolError(f"{os.fspath(path)}: {error}") from error
    except RecursionError as error:
        raise ToolError(f"{os.fspath(path)}: nested too deeply to be read") from error


def read(path: bytes) -> nar.Node:
    """Return the tree at `path`; contents are read when they are asked for.

    Raises:
        OSError: it cannot be read.
        ToolError: a device, socket or pipe.

    """
    status = _at(path, os.lstat)
    if stat.S_ISREG(status.st_mode):
        return nar.Regular(
            size=status.st_size,
            chunks=partial(_chunks, path),
            executable=bool(status.st_mode & stat.S_IXUSR),
        )
    if stat.S_ISLNK(status.st_mode):
        return nar.Symlink(target=_at(path, os.readlink))
    if stat.S_ISDIR(status.st_mode) and not far.is_near(path):
        return nar.Directory(
            entries={name: read(path + b"/" + name) for name in _at(path, os.listdir)}
        )
    if stat.S_ISDIR(status.st_mode):
        with os.scandir(path) as entries:
            return nar.Directory(entries={entry.name: _read_entry(entry) for entry in entries})
    raise ToolError(f"{os.fsdecode(path)}: neither a file, a link nor a directory")


def _read_entry(entry: os.DirEntry[bytes]) -> nar.Node:
    """Return what is at an entry; a link, as most are, is known without another call."""
    if entry.is_symlink():
        return nar.Symlink(target=os.readlink(entry.path))
    return read(entry.path)


def _at(path: bytes, call: Callable[[bytes], T]) -> T:
    if far.is_near(path):
        return call(path)
    return far.at(os.fsdecode(path), lambda short: call(os.fsencode(short)))


def _chunks(path: bytes) -> Iterator[bytes]:
    with _at(path, FileIO) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Return the sha256 (hex) of one file.

    Raises:
        ToolError: it cannot be read.

    """
    try:
        with open(path, "rb", buffering=0) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ToolError(f"{os.fspath(path)}: cannot be read: {error.strerror}") from error
