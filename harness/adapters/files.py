"""Files of our own: written whole or not at all, locked, and kept in the user's directories."""

import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from harness.errors import ToolError

_SYSTEM = frozenset({"dev", "proc"})
"""Directories whose links are the system's: as root one would replace them for all."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the content of `path`, or create it, so that no reader ever sees a half of it.

    Raises:
        ToolError: as `replacing`.

    """
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` at the end, or is gone after an error.

    The mode of an existing file is kept; a new one gets what the umask allows. The directory
    must exist. A pipe or device is written to as it is, for it is no file to be replaced.

    Raises:
        ToolError: the disk is full, the directory may not be written, or `path` is a link of the
            system's, such as /dev/stdout, to a file that is open already.

    """
    with explained(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                yield stream
            return
        if path.is_symlink() and path.absolute().parts[1] in _SYSTEM:
            raise OSError(errno.EINVAL, "a link of the system's own; name the file itself")
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
        try:
            with open(handle, "wb") as file:
                yield file
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that says what to do about `path`.

    Raises:
        ToolError: in place of any OSError of the block.

    """
    try:
        yield
    except OSError as error:
        raise ToolError(f"{path}: {_reason(error, path)}") from error


def _reason(error: OSError, path: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"{error.strerror}: {free_space(path) // 2**20} MiB free; make room and run again"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{error.strerror}: make {existing_parent(path)} writable for this user"
    return error.strerror or str(error)


def free_space(path: Path) -> int:
    """Return the bytes that an ordinary user can still write on the file system of `path`."""
    return shutil.disk_usage(existing_parent(path)).free


def existing_parent(path: Path) -> Path:
    """Return `path` if it is a directory, else the nearest directory above it that exists."""
    return next(p for p in (path, *path.absolute().parents) if p.is_dir())


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextmanager
def lock(path: Path, *, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold `path` as a lock against other processes; the kernel releases it however we end.

    It is a directory that is there, or a file, which is made where it is missing.
    `on_wait` is called once if another process holds it, before the wait.

    Raises:
        ToolError: the file cannot be made, or its file system knows no locks.

    """
    how = os.O_RDONLY | os.O_DIRECTORY if path.is_dir() else os.O_RDWR | os.O_CREAT
    with explained(path):
        handle = os.open(path, how | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            raise ToolError(f"{path}: cannot be locked: {error.strerror}") from error
        yield
    finally:
        os.close(handle)


def cache_directory() -> Path:
    """Return the user's cache of harness, made if it is missing and private to the user.

    Raises:
        ToolError: it cannot be made, or others can write there.

    """
    return _private_directory("XDG_CACHE_HOME", ".cache")


def state_directory() -> Path:
    """Return where harness remembers things between runs, made if missing and private.

    Raises:
        ToolError: it cannot be made, or others can write there.

    """
    return _private_directory("XDG_STATE_HOME", ".local/state")


def _private_directory(variable: str, default: str) -> Path:
    """Return `harness` below a directory of the XDG base directory specification.

    A relative value of the variable is ignored, as the specification asks.
    """
    chosen = os.environ.get(variable, "")
    base = Path(chosen) if chosen.startswith("/") else Path.home() / default
    directory = base / "harness"
    with explained(directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = _others_of(directory.stat())
    if others:
        raise ToolError(
            f"{directory}: {others}, so what is kept there would not be believed: make it this "
            f"user's own, or choose another by {variable}"
        )
    return directory


def is_own(path: Path) -> bool:
    """Tell whether nobody else can have written or can change what is at a path; no link is.

    Raises:
        OSError: it is not there.

    """
    return not _others_of(path.lstat()) and not path.is_symlink()


def _others_of(status: os.stat_result) -> str:
    if status.st_uid != os.geteuid():
        return f"belongs to user {status.st_uid}"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others may write there"
    return ""
