"""Reading single files out of Debian packages: an ar archive around a tar (deb(5)).

Packages come from outside: nothing is extracted by an archive's own paths, and a package is read in
time and memory that are proportional to a bound given by the caller. That is why the tar's headers
are read here: Python's tarfile keeps extended headers of any size.
"""

import io
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from harness.errors import IntegrityError

_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60
_MOST_MEMBERS = 64
_LARGEST_MEMBER = 2**26
_UNPACKER_MEMORY = 2**27
"""Bytes; xz asks for 65 MiB at its highest level."""
_BLOCK = 512
_OCTAL = re.compile(rb"[0-7]{1,12}")
_REGULAR = (b"0", b"\0")
_LINK = b"2"
_LARGEST_SEED = 2**24


def read_deb_file(deb: Path, name: str, *, limit: int) -> bytes:
    """Return one regular file of a package's data, by its path at the root or below /usr.

    `limit` is the most bytes that all files of the package may have together.

    Raises:
        IntegrityError: not a package, a larger one, or the file is missing.

    """
    with deb.open("rb") as file:
        packed = ar_member(file, "data.tar.xz", where=deb.name)
    return tar_file(_unpacked(packed, limit, deb.name), name, where=deb.name)


def files_of(deb: Path, *, limit: int) -> Iterator[str]:
    """Yield the paths of a package's files and links, as `read_deb_file` would call them.

    Names of more than 100 characters are cut off.

    Raises:
        IntegrityError: not a package, or one whose files have more than `limit` bytes together.

    """
    with deb.open("rb") as file:
        data = _unpacked(ar_member(file, "data.tar.xz", where=deb.name), limit, deb.name)
    start = 0
    while header := data[start : start + _BLOCK].rstrip(b"\0"):
        size = _size(header, deb.name)
        if header[156:157] in (*_REGULAR, _LINK):
            yield _path(header)
        start += _BLOCK + -(-size // _BLOCK) * _BLOCK


def _unpacked(packed: bytes, limit: int, where: str) -> bytes:
    try:
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_UNPACKER_MEMORY)
        plain = decompressor.decompress(packed, limit)
    except lzma.LZMAError as error:
        raise IntegrityError(f"{where}: data.tar.xz is damaged: {error}") from error
    if not decompressor.eof:
        raise IntegrityError(f"{where}: data.tar.xz is cut off, or more than {limit} bytes")
    return plain


def tar_file(data: bytes, name: str, *, where: str) -> bytes:
    """Return a regular file of a tar archive as dpkg-deb writes it, by its path as above.

    What extended headers say is not looked at: the names asked for here need none.

    Raises:
        IntegrityError: a damaged header, or the file is missing or cut off.

    """
    start = 0
    while header := data[start : start + _BLOCK].rstrip(b"\0"):
        size = _size(header, where)
        start += _BLOCK
        if header[156:157] in _REGULAR and _path(header) == name:
            content = data[start : start + size]
            if len(content) != size:
                raise IntegrityError(f"{where}: {name} is cut off")
            return content
        start += -(-size // _BLOCK) * _BLOCK
    raise IntegrityError(f"{where}: holds no file {name}")


def _size(header: bytes, where: str) -> int:
    field = header[124:136].strip(b" \0")
    if not _OCTAL.fullmatch(field):
        raise IntegrityError(f"{where}: a damaged tar header")
    return int(field, 8)


def _path(header: bytes) -> str:
    path = header[:100].partition(b"\0")[0].decode("latin-1")
    return path.removeprefix("./").removeprefix("usr/")


def ar_member(file: BinaryIO, name: str, *, where: str) -> bytes:
    """Return a member of an ar archive (the common format with short names, which deb(5) uses).

    Raises:
        IntegrityError: not such an archive, or the member is missing, too large or cut off.

    """
    if file.read(len(_AR_MAGIC)) != _AR_MAGIC:
        raise IntegrityError(f"{where}: not a Debian package (no ar archive)")
    for _ in range(_MOST_MEMBERS):
        header = file.read(_AR_HEADER)
        if not header:
            break
        field = header[48:58].strip()
        if len(header) != _AR_HEADER or header[58:] != b"`\n" or not field.isdigit():
            raise IntegrityError(f"{where}: a damaged ar header")
        size = int(field)
        if header[:16].rstrip(b" /").decode("latin-1") == name:
            return _member(file, name, size, where)
        file.seek(size + size % 2, io.SEEK_CUR)
    raise IntegrityError(f"{where}: no {name}; is it a package of Debian?")


def _member(file: BinaryIO, name: str, size: int, where: str) -> bytes:
    if size > _LARGEST_MEMBER:
        raise IntegrityError(f"{where}: {name} has {size} bytes, at most {_LARGEST_MEMBER}")
    data = file.read(size)
    if len(data) != size:
        raise IntegrityError(f"{where}: {name} is cut off")
    return data


def unpack_seed(deb: Path, directory: Path) -> None:
    """Write `bin/busybox` of the busybox-static package below `directory`, and nothing else.

    Raises:
        IntegrityError: the package is damaged or holds no busybox.
        OSError: it cannot be written.

    """
    content = read_deb_file(deb, "bin/busybox", limit=_LARGEST_SEED)
    program = directory / "bin" / "busybox"
    program.parent.mkdir(parents=True)
    program.write_bytes(content)
    program.chmod(0o755)
