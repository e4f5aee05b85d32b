"""Files of our own: written whole or not at all, locked, and kept in the user's directories.

What would be left if this process were killed is noted before it is made, in the user's state
directory by the name of its owner: `harness.host.remains` reads that.
"""

import atexit
import errno
import fcntl
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import BinaryIO

from harness.errors import ToolError
from harness.host.owner import own_name

_SYSTEM = frozenset({"dev", "proc"})
"""Directories whose links are the system's: as root one would replace them for all."""
NOTES = "begun"
"""The directory of notes, in the state directory; each owner has one in it."""
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_numbers = count()


class Kind(StrEnum):
    """What can be left of a run that is killed."""

    DIRECTORY = "directory"
    FILE = "file"
    STORE = "store"
    IMAGE = "image"


@contextmanager
def noted(kind: Kind, *names: str) -> Iterator[None]:
    """Have it known, while the block runs, what is removed after us if we are killed in it.

    Where the user has no state directory there are no notes: they are a convenience.
    """
    note: Path | None = None
    with suppress(OSError, ToolError):
        note = _note(kind, names)
    try:
        yield
    finally:
        if note:
            with suppress(OSError):
                note.unlink()


def _note(kind: Kind, names: tuple[str, ...]) -> Path:
    own = state_directory() / NOTES / own_name()
    if not own.is_dir():
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        atexit.register(_tidy, own)
    note = own / f"{next(_numbers)}.json"
    note.write_text(json.dumps({"kind": kind, "names": names}), encoding="utf-8")
    return note


def _tidy(own: Path) -> None:
    with suppress(OSError):
        own.rmdir()


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
    must exist. A pipe or device is written to as it is, for it is not a file to be replaced.

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
        new = path.absolute().parent / f".{path.name[:60]}.{secrets.token_hex(6)}.new"
        with noted(Kind.FILE, str(new)):
            try:
                with open(os.open(new, _NEW, 0o600), "wb") as file:
                    yield file
                    file.flush()
                    os.fchmod(file.fileno(), mode)
                    os.fsync(file.fileno())
                new.replace(path)
            except BaseException:
                new.unlink(missing_ok=True)
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
    directory = _chosen(variable, default)
    with explained(directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = _others_of(directory.stat())
    if others:
        raise ToolError(
            f"{directory}: {others}, so what is kept there would not be believed: make it this "
            f"user's own, or choose another by {variable}"
        )
    return directory


def _chosen(variable: str, default: str) -> Path:
    chosen = os.environ.get(variable, "")
    return (Path(chosen) if chosen.startswith("/") else Path.home() / default) / "harness"


def notes_directory() -> Path:
    """Return where notes are, if there are any; nothing is made."""
    return _chosen("XDG_STATE_HOME", ".local/state") / NOTES


def is_own(path: Path) -> bool:
    """Return whether nobody else can have written or can change what is at a path; no link is.

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
