"""Reading tar archives that come from outside: plain, gzip or zstd, by members, within bounds.

Nothing is extracted by an archive's own paths. Python's tarfile keeps extended headers of any size:
here no single read is larger than a bound, so that they cannot fill the memory.
"""

import gzip
import hashlib
import os
import shutil
import sys
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from harness.host import foreign

zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
"""The standard library's, or before Python 3.14 the same from the index."""
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 2**20
_LARGEST_READ = 2**24
_MOST_MEMBERS = 10_000
_MOST_WALKED = 2_000_000
_MOST_BYTES = 2**36
DAMAGED = (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError, ValueError)
"""What reading a damaged archive raises, beside what it promises."""


class Tarball:
    """The regular files of an archive by their paths, and links to one of them.

    The last of several files of one path counts, as when the archive is unpacked. Sparse files are
    left out: their size is a mere claim.
    """

    def __init__(self, archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo]) -> None:
        self._archive = archive
        self._members = members
        self.names = frozenset(members)

    def read(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises:
            ValueError: it is large, or cut off.

        """
        size = self._members[name].size
        if size > _LARGEST_READ:
            raise ValueError(f"{name}: {size} bytes, more than {_LARGEST_READ}")
        with self._opened(name) as file:
            return file.read()

    def size(self, name: str) -> int:
        """Return how many bytes a file has."""
        return self._members[name].size

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes, at most a MiB at once.

        Raises:
            ValueError: it is cut off.

        """
        left = self.size(name)
        with self._opened(name) as file:
            while chunk := file.read(min(left, _CHUNK)):
                yield chunk
                left -= len(chunk)
        if left:
            raise ValueError(f"{name}: cut off")

    def real(self, name: str) -> str:
        """Return the path at which the archive has a file's bytes; others may be links to it."""
        return os.path.normpath(self._members[name].name)

    def place(self, name: str, target: Path) -> None:
        """Write a file to `target`.

        Raises:
            ValueError: it is cut off.
            OSError: it cannot be written.

        """
        with self._opened(name) as file, target.open("xb") as new:
            shutil.copyfileobj(file, new)

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        file = self._archive.extractfile(self._members[name])
        if file is None:
            raise ValueError(f"{name}: not a regular file")
        try:
            yield file
        except DAMAGED as error:
            raise ValueError(f"{name}: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[Tarball | None]:
    """Yield what an archive holds, or None if it is none, is damaged, or holds very much.

    Raises:
        InputError: it is not there, or no regular file.
        ToolError, OSError: it cannot be read.

    """
    with foreign.opened(path, str(path)) as file, _unpacked(file) as plain:
        archive = _archive(plain)
        members = _members(archive) if archive else None
        yield Tarball(archive, members) if archive and members else None


def _unpacked(file: BinaryIO) -> BinaryIO:
    head = file.read(len(_ZSTD))
    file.seek(0)
    if head.startswith(_GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    return cast("BinaryIO", zstd.ZstdFile(file)) if head == _ZSTD else file


def _archive(file: BinaryIO) -> tarfile.TarFile | None:
    try:
        return tarfile.open(fileobj=cast("IO[bytes]", _Bounded(file)), mode="r:")
    except DAMAGED:
        return None


def _members(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo] | None:
    members, links, total = dict[str, tarfile.TarInfo](), dict[str, str](), 0
    try:
        for count, member in enumerate(archive):
            total += member.size
            if count >= _MOST_MEMBERS or total > _MOST_BYTES:
                return None
            name = os.path.normpath(member.name)
            if member.isreg() and member.sparse is None:
                members[name] = member
            elif member.issym():  # `docker save` writes a layer that comes twice as one
                links[name] = os.path.normpath(f"{os.path.dirname(name)}/{member.linkname}")
    except DAMAGED:
        return None
    return {name: members[to] for name, to in links.items() if to in members} | members


def plain_sha256(path: Path) -> str | None:
    """Return the sha256 (hex) of an archive unpacked; None if it is damaged or very large.

    Raises:
        OSError: it cannot be read.

    """
    digest, total = hashlib.sha256(), 0
    with path.open("rb") as file, _unpacked(file) as plain:
        try:
            while (chunk := plain.read(_CHUNK)) and total <= _MOST_BYTES:
                digest.update(chunk)
                total += len(chunk)
        except DAMAGED:
            return None
    return digest.hexdigest() if total <= _MOST_BYTES else None


def walked(path: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Yield all members of an archive in their order, regular ones with what reads them.

    Nothing is kept of a member when the next is asked for, so that an archive may be large. What
    reads a member raises one of `DAMAGED` where it is cut off.

    Raises:
        ValueError: it is not a tar archive, plain, gzip or zstd; is damaged; or holds a sparse
            file, or very much.
        OSError: it cannot be read.

    """
    with path.open("rb") as file, _unpacked(file) as plain:
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", _Bounded(plain)), mode="r:") as archive:
                yield from _walked(archive)
        except DAMAGED as error:
            raise ValueError(f"no readable archive: {error}") from error


def _walked(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    count = total = 0
    while (member := archive.next()) is not None:
        cast("Any", archive).members.clear()  # tarfile keeps every header otherwise
        count, total = count + 1, total + member.size
        if count > _MOST_WALKED or total > _MOST_BYTES or member.sparse is not None:
            raise ValueError(f"member {count}: sparse, or too many members or bytes")
        yield member, archive.extractfile(member) if member.isreg() else None


class _Bounded:
    """A file that refuses to be read at once: what tarfile asks of a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _LARGEST_READ:
            raise tarfile.ReadError(f"{size} bytes in one piece")
        return self._file.read(size)

    def seek(self, offset: int) -> int:
        return self._file.seek(offset)

    def tell(self) -> int:
        return self._file.tell()
