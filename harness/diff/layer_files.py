"""The files of an image that was laid out: its layers are read as streams and never unpacked."""

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from harness.diff.core.image_files import Entry, Files, Kind, lay_on, plain_path
from harness.diff.core.image_packages import Versions, is_status, packages
from harness.errors import InputError
from harness.host.files import explained
from harness.host.tarballs import DAMAGED, walked

_CHUNK = 2**20
_LARGEST_STATUS = 2**26
_MOST_FILES = 4_000_000
_KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.CONTTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.LINK,
    tarfile.LNKTYPE: Kind.SAME,
}


Entries = Callable[[Path, dict[str, str]], Iterable[tuple[str, Entry]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an image shows to what runs in it, and the packages that it says it has."""

    files: Files
    packages: Versions


def read_contents(layers: list[Path]) -> Contents:
    """Read an image's layers, the lowest first.

    Raises:
        InputError: a layer is not a tar archive, leads out of the image, or holds very much.
        ToolError: it cannot be read.

    """
    return _laid_on(layers, _entries)


def read_packages(layers: list[Path]) -> Versions:
    """Read which packages an image says it has, the lowest layer first; its files are passed over.

    Raises:
        InputError, ToolError: as `read_contents`.

    """
    return _laid_on(layers, partial(_entries, hashed=False)).packages


def _laid_on(layers: list[Path], entries: Entries) -> Contents:
    files, statuses = Files(), dict[str, str]()
    for layer in layers:
        try:
            with explained(layer):
                lay_on(files, entries(layer, statuses))
        except ValueError as error:
            raise InputError(f"{layer.parent.name}/{layer.name}: {error}") from error
        if len(files) > _MOST_FILES:
            raise InputError(f"an image of more than {_MOST_FILES} files is not compared")
    kept = [text for path, text in statuses.items() if path in files]
    return Contents(files=files, packages=packages(files, kept))


def _entries(
    layer: Path, statuses: dict[str, str], *, hashed: bool = True
) -> Iterator[tuple[str, Entry]]:
    """Yield a layer's members; the texts of dpkg's database are added to `statuses`."""
    for member, file in walked(layer):
        path, kind = plain_path(member.name), _KINDS.get(member.type, Kind.DEVICE)
        content = _target(member, kind)
        if file is not None and (hashed or is_status(path)):
            content, text = _read(file, is_status(path))
            if text is not None:
                statuses[path] = text
        yield (
            path,
            Entry(
                kind=kind,
                mode=member.mode & 0o7777,
                owner=(member.uid, member.gid),
                size=member.size if kind is Kind.FILE else 0,
                content=content,
            ),
        )


def _target(member: tarfile.TarInfo, kind: Kind) -> str:
    if kind is Kind.DEVICE:
        return f"{member.type!r} {member.devmajor}:{member.devminor}"
    return plain_path(member.linkname) if kind is Kind.SAME else member.linkname


def _read(file: IO[bytes], is_kept: bool) -> tuple[str, str | None]:
    """Return a file's sha256, and its text where it is kept."""
    digest, kept = hashlib.sha256(), bytearray()
    while chunk := _chunk(file):
        digest.update(chunk)
        if is_kept:
            kept += chunk
            if len(kept) > _LARGEST_STATUS:
                raise ValueError(f"dpkg's database has more than {_LARGEST_STATUS} bytes")
    return digest.hexdigest(), kept.decode(errors="replace") if is_kept else None


def _chunk(file: IO[bytes]) -> bytes:
    try:
        return file.read(_CHUNK)
    except DAMAGED as error:
        raise ValueError(f"no readable archive: {error}") from error
