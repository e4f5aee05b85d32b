"""An sdist's own files, read as far as they say how it is built; nothing is unpacked or run.

It is a tar archive with gzip, as PEP 625 has it, or a zip archive, as older ones are.
"""

import lzma
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from harness.errors import InputError
from harness.host import tarballs
from harness.host.files import explained
from harness.sources.core.sdist import Sdist, decode_sdist

_PROJECT, _INFO = "pyproject.toml", "PKG-INFO"
_LARGEST, _MOST_BYTES, _MOST_FILES = 2**22, 2**32, 200_000
_DAMAGED = (*tarballs.DAMAGED, zipfile.BadZipFile, lzma.LZMAError, RuntimeError)


def read_sdist(path: Path, pin: tuple[str, str]) -> Sdist:
    """Return what an sdist of a name and version says of itself.

    Raises:
        InputError: it is none, or larger than any that is.
        ToolError: it cannot be read.

    """
    found, names = _told(path)
    return decode_sdist(pin, found.get(_PROJECT), found.get(_INFO), names)


def read_info(path: Path) -> bytes | None:
    """Return an sdist's PKG-INFO; None for one without.

    Raises:
        InputError, ToolError: as `read_sdist`.

    """
    return _told(path)[0].get(_INFO)


def _told(path: Path) -> tuple[dict[str, bytes], list[str]]:
    found: dict[str, bytes] = {}
    names: list[str] = []
    try:
        with explained(path):
            for name, size, file in _members(path):
                names.append(name)
                _, _, below = name.partition("/")
                if below in {_PROJECT, _INFO} and size <= _LARGEST and file:
                    found.setdefault(below, file.read(_LARGEST))
    except _DAMAGED as error:
        raise InputError(f"{path.name}: not an sdist: {error}") from error
    return found, names


def _members(path: Path) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    total = 0
    for number, (name, size, file) in enumerate(_every(path)):
        total += size
        if number > _MOST_FILES or total > _MOST_BYTES:
            raise InputError(
                f"{path.name}: more than {_MOST_FILES} files or {_MOST_BYTES >> 20} MiB"
            )
        yield name, size, file


def _every(path: Path) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for one in archive.infolist():
                with archive.open(one) as file:
                    yield one.filename, one.file_size, file
        return
    for member, content in tarballs.walked(path):
        yield member.name, member.size, content
