"""Which files of an image's layout play which part, so that two images can be paired.

Formats: OCI image layout 1.0 (`index.json`, `blobs/sha256/…`) and the archive of `docker save`
(`manifest.json`). Names come from the image: only those that stay inside it are believed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from harness.errors import InputError

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_MOST_LAYERS = 1000
_MOST_ALIGNED = 256
"""Aligning takes a time that grows with the square; Docker itself allows 127."""
CONFIG, MANIFEST = "config.json", "manifest.json"
ReadJson = Callable[[str], Any]
"""Returns the JSON value of a file of the layout; ValueError or InputError if it is none."""


def is_image(names: frozenset[str], read: ReadJson) -> bool:
    """Return whether files are those of an image; "manifest.json" is the name of much else, too."""
    if _is_oci(names):
        return True
    if MANIFEST not in names:
        return False
    try:
        images = read(MANIFEST)
    except (ValueError, InputError):
        return False
    image = images[0] if isinstance(images, list) and images else None
    return isinstance(image, dict) and {"Config", "Layers"} <= image.keys()


def _is_oci(names: frozenset[str]) -> bool:
    return {"oci-layout", "index.json"} <= names


def layer_part(number: int) -> str:
    """Return what the layer of a number, from 1, is called."""
    return f"layers/{number:03}"


def parts(names: frozenset[str], read: ReadJson) -> Mapping[str, str]:
    """Return the file of each part: "manifest.json", "config.json", "layers/007", and so on.

    `names` are the files that there are, by path.

    Raises:
        ValueError: it is not an image, or names a file that is not there.
        InputError: as `read`.

    """
    found = _oci(read) if _is_oci(names) else _docker(read)
    for part, name in found.items():
        if name not in names:
            raise ValueError(f"{part} is {name}, which is not there")
    return found


def _oci(read: ReadJson) -> dict[str, str]:
    index = read("index.json")
    manifest = _only(map(_blob, _images(index)))
    document = read(manifest)
    if "manifests" in _mapping(document):  # an index below the index
        manifest = _only(map(_blob, _images(document)))
        document = read(manifest)
    layers = [_blob(layer) for layer in _listed(document, "layers")]
    config = _blob(_mapping(document).get("config"))
    return {MANIFEST: manifest, CONFIG: config, **_numbered(layers)}


def _images(index: Any) -> Iterator[Any]:
    """Yield the images of an index, without attestations, which are for an unknown platform."""
    for one in _listed(index, "manifests"):
        platform = _mapping(one).get("platform")
        if not isinstance(platform, dict) or platform.get("os") != "unknown":
            yield one


def _docker(read: ReadJson) -> dict[str, str]:
    images = read(MANIFEST)
    if not isinstance(images, list):
        raise ValueError("there are no images")  # noqa: TRY004 - bad data, not a bad call
    config = _only(_inside(_mapping(image).get("Config")) for image in images)
    layers = [_inside(name) for name in _listed(images[0], "Layers")]
    return {CONFIG: config, **_numbered(layers)}


def _numbered(layers: list[str]) -> dict[str, str]:
    if len(layers) > _MOST_LAYERS:
        raise ValueError(f"{len(layers)} layers; at most {_MOST_LAYERS} are read")
    return {layer_part(at): name for at, name in enumerate(layers, 1)}


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a table is missing")  # noqa: TRY004 - bad data, not a bad call
    return value


def _listed(value: Any, key: str) -> list[Any]:
    listed = _mapping(value).get(key)
    if not isinstance(listed, list):
        raise ValueError(f"{key} is not a list")  # noqa: TRY004 - bad data, not a bad call
    return listed


def _only(names: Iterable[str]) -> str:
    """Return the one name; which of several images is meant cannot be told."""
    different = sorted({*names})
    if not different:
        raise ValueError("there are no images")
    if len(different) > 1:
        raise ValueError(
            f"{len(different)} images in one archive; copy out the one that is meant "
            "(skopeo copy oci:DIRECTORY:TAG, docker save TAG)"
        )
    return different[0]


def _blob(descriptor: Any) -> str:
    match = _DIGEST.fullmatch(str(_mapping(descriptor).get("digest")))
    if match is None:
        raise ValueError("a digest is not a sha256")
    return f"blobs/sha256/{match[1]}"


def _inside(name: Any) -> str:
    path = str(name)
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{name!r} leads out of the archive")
    return path


def layer_ids(config: Any) -> list[str]:
    """Return the digests of an image's unpacked layers, as its configuration has them, or none."""
    layers = config.get("rootfs") if isinstance(config, dict) else None
    ids = layers.get("diff_ids") if isinstance(layers, dict) else None
    return [str(one) for one in ids] if isinstance(ids, list) else []


def aligned(first: Sequence[str], second: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return a number for each layer of two images: equal layers get equal numbers.

    Layers between those that are equal are held against each other as they come. Numbers rise.
    """
    if max(len(first), len(second)) > _MOST_ALIGNED:
        return list(range(1, len(first) + 1)), list(range(1, len(second) + 1))
    ours, theirs, number = list[int](), list[int](), 1
    for _, i, to_i, j, to_j in SequenceMatcher(a=first, b=second, autojunk=False).get_opcodes():
        ours += range(number, number + to_i - i)
        theirs += range(number, number + to_j - j)
        number += max(to_i - i, to_j - j)
    return ours, theirs
