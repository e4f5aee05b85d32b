"""Image layouts on disk, whose blobs may be links into the store: read, and streamed."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from harness.container.core.archive import (
    END,
    Format,
    Image,
    decode_image,
    header,
    members,
    nameless,
    padding,
    place,
)
from harness.container.core.layout import MANIFEST
from harness.documents import document
from harness.host.files import explained

_CHUNK = 2**20
_BLOBS = "blobs/sha256"


def read_image(layout: Path) -> Image:
    """Return the image of a layout that harness built.

    Raises:
        ToolError: it cannot be read.
        InputError, ValueError: it is no such layout.

    """

    def read(name: str) -> Any:
        return document.decode((layout / name).read_bytes(), f"{layout}: {name}")

    with explained(layout):
        blobs = (f"{_BLOBS}/{path.name}" for path in (layout / _BLOBS).iterdir())
        return decode_image(frozenset((*(path.name for path in layout.iterdir()), *blobs)), read)


def chunks(
    layout: Path,
    form: Format = Format.DOCKER,
    *,
    without: Collection[str] = (),
    named: bool = True,
) -> Iterator[bytes]:
    """Yield the archive of a layout piece by piece, at most a MiB each; links are followed.

    `without` are digests of layers to leave out, as `members` says. One for Docker that is not
    `named` takes no tag from another image.

    Raises:
        ToolError: a blob cannot be read, or is not as long as it was.

    """
    image = read_image(layout)
    for name in members(image, form, without=without):
        if name == MANIFEST and not named:
            table = nameless(place(image.id), [place(layer.digest) for layer in image.layers])
            yield header(name, len(table)) + table + padding(len(table))
        else:
            yield from _member(layout / name, name)
    yield END


def _member(path: Path, name: str) -> Iterator[bytes]:
    with explained(path), path.open("rb") as file:
        size = path.stat().st_size
        yield header(name, size)
        while chunk := file.read(_CHUNK):
            yield chunk
        yield padding(size)
