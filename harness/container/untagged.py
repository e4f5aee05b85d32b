"""The image of an archive that somebody else wrote, streamed to an engine without its names.

An engine gives each name in an archive to the image in it and takes it from the image that had it.
So nothing of the archive is passed on but the configuration and the layers, byte for byte, under
names and a table of contents of our own, which names no tag.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.container.core.archive import END, header, nameless, padding
from harness.container.core.layout import CONFIG, MANIFEST, parts
from harness.documents import document
from harness.errors import InputError
from harness.host import tarballs
from harness.host.files import explained


def image_id(path: Path) -> str:
    """Return the id that Docker's own store gives the image of an archive: its configuration's.

    Raises:
        InputError, ToolError: as `untagged`.

    """
    with _opened(path) as (tarball, found):
        return f"sha256:{hashlib.sha256(tarball.read(found[CONFIG])).hexdigest()}"


def untagged(path: Path) -> Iterator[bytes]:
    """Yield an archive for `docker load` with the one image of an archive, piece by piece.

    Raises:
        InputError: it is none of `docker save` or OCI, holds several images, or is damaged.
        ToolError: it cannot be read.

    """
    with _opened(path) as (tarball, found):
        yield from _archive(tarball, {part: found[part] for part in found if part != MANIFEST})


@contextmanager
def _opened(path: Path) -> Iterator[tuple[tarballs.Tarball, Mapping[str, str]]]:
    """Yield an archive and where the parts of its one image are in it."""
    with explained(path), tarballs.opened(path) as tarball:
        if tarball is None:
            raise InputError(f"{path}: no tar archive of an image, plain or gzip")

        def read(name: str) -> Any:
            if name not in tarball.names:
                raise ValueError(f"{name} is not there")
            return document.decode(tarball.read(name), f"{path}: {name}")

        try:
            yield tarball, parts(tarball.names, read)
        except ValueError as error:
            raise InputError(f"{path}: no readable image: {error}") from error


def _archive(tarball: tarballs.Tarball, found: dict[str, str]) -> Iterator[bytes]:
    table = nameless(CONFIG, [part for part in found if part != CONFIG])
    yield header(MANIFEST, len(table)) + table + padding(len(table))
    for part, name in found.items():
        size = tarball.size(name)
        yield header(part, size)
        yield from tarball.chunks(name)
        yield padding(size)
    yield END
