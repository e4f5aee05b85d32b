"""Which files of an image's layout play which part, so that two images can be paired.

Formats: OCI image layout 1.0 (`index.json`, `blobs/sha256/…`) and the archive of `docker save`
(`manifest.json`). Names come from the image: only those that stay inside it are believed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_MOST_LAYERS = 1000
ReadJson = Callable[[str], Any]
"""Returns the JSON value of a file of the layout; ValueError if it is none."""


def parts(names: frozenset[str], read: ReadJson) -> Mapping[str, str]:
    """Return the file of each part: "manifest.json", "config.json", "layers/007", and so on.

    `names` are the files that there are, by path.

    Raises:
        ValueError: it is no image, or names a file that is not there.

    """
    found = _oci(read) if "index.json" in names else _docker(read)
    for part, name in found.items():
        if name not in names:
            raise ValueError(f"{part} is {name}, which is not there")
    return found


def _oci(read: ReadJson) -> dict[str, str]:
    index = read("index.json")
    manifest = _blob(_first(_listed(index, "manifests"), "manifests"))
    document = read(manifest)
    if "manifests" in _mapping(document):  # an index below the index: the first platform
        manifest = _blob(_first(_listed(document, "manifests"), "manifests"))
        document = read(manifest)
    layers = [_blob(layer) for layer in _listed(document, "layers")]
    config = _blob(_mapping(document).get("config"))
    return {"manifest.json": manifest, "config.json": config, **_numbered(layers)}


def _docker(read: ReadJson) -> dict[str, str]:
    image = _mapping(_first(read("manifest.json"), "images"))
    layers = [_inside(name) for name in _listed(image, "Layers")]
    return {"config.json": _inside(image.get("Config")), **_numbered(layers)}


def _numbered(layers: list[str]) -> dict[str, str]:
    if len(layers) > _MOST_LAYERS:
        raise ValueError(f"{len(layers)} layers; at most {_MOST_LAYERS} are read")
    return {f"layers/{at:03}": name for at, name in enumerate(layers, 1)}


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a table is missing")  # noqa: TRY004 - bad data, not a bad call
    return value


def _listed(value: Any, key: str) -> list[Any]:
    listed = _mapping(value).get(key)
    if not isinstance(listed, list):
        raise ValueError(f"{key} is no list")  # noqa: TRY004 - bad data, not a bad call
    return listed


def _first(values: Any, what: str) -> Any:
    if not isinstance(values, list) or not values:
        raise ValueError(f"there are no {what}")
    return values[0]


def _blob(descriptor: Any) -> str:
    match = _DIGEST.fullmatch(str(_mapping(descriptor).get("digest")))
    if match is None:
        raise ValueError("a digest is no sha256")
    return f"blobs/sha256/{match[1]}"


def _inside(name: Any) -> str:
    path = str(name)
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{name!r} leads out of the archive")
    return path
