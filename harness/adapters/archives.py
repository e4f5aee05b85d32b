"""Reading single files out of Debian packages: an ar archive around a tar (deb(5)).

Packages come from outside: sizes and counts are bounded, nothing is extracted by the archive's own
paths.
"""

import io
import lzma
import tarfile
from pathlib import Path
from typing import BinaryIO

from harness.errors import IntegrityError

_MAGIC = b"!<arch>\n"
_HEADER = 60
_MOST_MEMBERS = 64
_LARGEST_MEMBER = 2**30
_MOST_ENTRIES = 100_000


def read_deb_file(deb: Path, name: str, *, limit: int) -> bytes:
    """Return one regular file of a package's data, by its path ("bin/busybox").

    Raises:
        IntegrityError: not a package, or the file is missing or larger than `limit` bytes.

    """
    with deb.open("rb") as file:
        data = ar_member(file, "data.tar.xz", where=deb.name)
    try:
        with (
            lzma.open(io.BytesIO(data)) as plain,
            tarfile.open(fileobj=plain, mode="r|", errorlevel=2) as archive,
        ):
            return _tar_member(archive, name, limit, deb.name)
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError, OverflowError) as error:
        raise IntegrityError(f"{deb.name}: data.tar.xz is damaged: {error}") from error


def _tar_member(archive: tarfile.TarFile, name: str, limit: int, where: str) -> bytes:
    for count, member in enumerate(archive):
        if count > _MOST_ENTRIES:
            raise IntegrityError(f"{where}: more than {_MOST_ENTRIES} entries")
        if member.name.removeprefix("./").removeprefix("usr/") != name or not member.isreg():
            continue
        if member.size > limit:
            raise IntegrityError(f"{where}: {name} has {member.size} bytes, at most {limit}")
        content = archive.extractfile(member)
        return content.read(limit) if content else b""
    raise IntegrityError(f"{where}: holds no file {name}")


def ar_member(file: BinaryIO, name: str, *, where: str) -> bytes:
    """Return a member of an ar archive (the common format with short names, which deb(5) uses).

    Raises:
        IntegrityError: not such an archive, or the member is missing, too large or cut off.

    """
    if file.read(len(_MAGIC)) != _MAGIC:
        raise IntegrityError(f"{where}: not a Debian package (no ar archive)")
    for _ in range(_MOST_MEMBERS):
        header = file.read(_HEADER)
        if not header:
            break
        size = header[48:58].strip()
        if len(header) != _HEADER or header[58:] != b"`\n" or not size.isdigit():
            raise IntegrityError(f"{where}: a damaged ar header")
        if int(size) > _LARGEST_MEMBER:
            raise IntegrityError(f"{where}: a member of {int(size)} bytes")
        if header[:16].rstrip(b" /").decode("latin-1") == name:
            data = file.read(int(size))
            if len(data) != int(size):
                raise IntegrityError(f"{where}: {name} is cut off")
            return data
        file.seek(int(size) + int(size) % 2, io.SEEK_CUR)
    raise IntegrityError(f"{where}: no {name}; is it a package of Debian?")


def unpack_seed(deb: Path, directory: Path) -> None:
    """Write `bin/busybox` of the busybox-static package below `directory`, and nothing else.

    Raises:
        IntegrityError: the package is damaged or holds no busybox.

    """
    content = read_deb_file(deb, "bin/busybox", limit=16 * 2**20)
    program = directory / "bin" / "busybox"
    program.parent.mkdir(parents=True)
    program.write_bytes(content)
    program.chmod(0o755)
