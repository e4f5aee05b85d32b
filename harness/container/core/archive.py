"""An image that was built: what it is called, what it holds, and how it becomes one tar stream.

Formats: OCI image layout 1.0 and the archive of `docker save`, which are the same blobs under
other tables of contents. The stream depends on the image alone: owner 0, time stamp 0, sorted.
"""

import json
import tarfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any

from harness.container.core.layout import CONFIG, MANIFEST, ReadJson, layer_ids, layer_part, parts

_BLOCK = 512
END = bytes(2 * _BLOCK)
"""What ends a tar (POSIX.1-1988, ustar)."""


class Format(StrEnum):
    """The table of contents of an archive."""

    OCI = "oci"
    DOCKER = "docker"


_TABLES = {Format.OCI: ("oci-layout", "index.json"), Format.DOCKER: (MANIFEST,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: `size` bytes as it is sent (gzip), `diff_id` the digest of the tar within."""

    name: str
    digest: str
    diff_id: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image by its digests, `sha256:…`.

    `digest` is the manifest's, by which registries know it; `id` is the configuration's, by which
    Docker does.
    """

    tag: str
    digest: str
    id: str
    layers: tuple[Layer, ...]

    @property
    def size(self) -> int:
        """Bytes of the layers as they are sent."""
        return sum(layer.size for layer in self.layers)


def decode_image(names: frozenset[str], read: ReadJson) -> Image:
    """Return the image of a layout that harness/nix/image.nix made.

    Raises:
        ValueError: it is none.
        InputError: as `read`.

    """
    found = parts(names, read)
    manifest, config = read(found["manifest.json"]), read(found[CONFIG])
    named = zip(manifest["layers"], layer_ids(config), config["history"], strict=True)
    return Image(
        tag=_text(read("manifest.json")[0]["RepoTags"][0]),
        digest=_digest(found["manifest.json"]),
        id=_digest(found[CONFIG]),
        layers=tuple(
            Layer(
                name=_text(history["created_by"]).removeprefix("harness: "),
                digest=_digest(found[layer_part(number)]),
                diff_id=diff_id,
                size=int(descriptor["size"]),
            )
            for number, (descriptor, diff_id, history) in enumerate(named, 1)
        ),
    )


def members(image: Image, form: Format, *, without: Collection[str] = ()) -> list[str]:
    """Return the files of an archive in their order: tables, small blobs, then the layers.

    `without` are digests of layers that whoever reads the archive has already.
    """
    small = [image.digest, image.id] if form is Format.OCI else [image.id]
    layers = [layer.digest for layer in image.layers if layer.digest not in without]
    return [*_TABLES[form], *map(place, dict.fromkeys([*small, *layers]))]


def nameless(config: str, layers: Sequence[str]) -> bytes:
    """Return a `manifest.json` for `docker load` that gives the image no name.

    `config` and `layers` are the files' names in the archive, the lowest layer first.
    """
    table = [{"Config": config, "RepoTags": None, "Layers": list(layers)}]
    return json.dumps(table).encode()


def present(image: Image, stacks: Iterable[Sequence[str]]) -> frozenset[str]:
    """Return the digests of the layers that an engine has in their place.

    `stacks` are the layers of each of its images, lowest first, as digests of the tars. A layer
    counts only where all that is below it is the same, for engines keep what a stack unpacks to.
    """
    ours = [layer.diff_id for layer in image.layers]
    common = max((_common(ours, stack) for stack in stacks), default=0)
    above = {layer.digest for layer in image.layers[common:]}
    return frozenset(layer.digest for layer in image.layers[:common]) - above


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    )


def place(digest: str) -> str:
    """Return where a layout has the blob of a digest."""
    return f"blobs/{digest.replace(':', '/')}"


def header(name: str, size: int) -> bytes:
    """Return what precedes a file of `size` bytes in the tar."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.PAX_FORMAT)


def padding(size: int) -> bytes:
    """Return what follows it."""
    return bytes(-size % _BLOCK)


def _digest(name: str) -> str:
    return f"sha256:{name.rpartition('/')[2]}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a name is missing")  # noqa: TRY004 - bad data, not a bad call
    return value
