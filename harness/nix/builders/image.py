"""Put an image together: an OCI layout that is read as an archive of `docker save`, too.

Formats: OCI image specification 1.0 (oci-layout, index.json, blobs/sha256) and Docker's
manifest.json beside it. The layers' blobs are links to the layers' own outputs. The image holds the
closure of the environment and nothing else of the store, or it is not made.

In the environment: out, layers, packed (store paths that layers hold), outside (what else they
hold), tag, configPath (file: the configuration, without layers), and in the working directory
closure-0 (of the environment), closure-1, ... (of each of `outside`) as exportReferencesGraph
writes them: path, deriver, number of references, references.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

OUT = Path(os.environ["out"])
BLOBS = OUT / "blobs/sha256"
LAYOUT = {"imageLayoutVersion": "1.0.0"}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def main() -> None:
    """Check what is in the layers, then write the layout."""
    require_exact_closure()
    BLOBS.mkdir(parents=True)
    layers = [described(Path(path)) for path in os.environ["layers"].split()]
    config = blob(CONFIG, configuration(layers))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": [
            {"mediaType": LAYER, "digest": layer["digest"], "size": layer["size"]}
            for layer in layers
        ],
    }
    tag = os.environ["tag"]
    name = {"org.opencontainers.image.ref.name": tag.rpartition(":")[2]}
    entry = {**blob(MANIFEST, manifest), "annotations": name}
    docker = {
        "Config": place(config["digest"]),
        "RepoTags": [tag],
        "Layers": [place(layer["digest"]) for layer in layers],
    }
    index = {"schemaVersion": 2, "manifests": [entry]}
    for file, value in (("oci-layout", LAYOUT), ("index.json", index), ("manifest.json", [docker])):
        (OUT / file).write_bytes(encoded(value))


def require_exact_closure() -> None:
    """Refuse an image that lacks a path of the closure, or holds or needs one besides."""
    packed = {*os.environ["packed"].split()}
    if packed != closure(0):
        sys.exit(f"not the closure of the environment: {sorted(packed ^ closure(0))}")
    for number, path in enumerate(os.environ["outside"].split(), 1):
        if others := closure(number) - packed - {path}:
            sys.exit(f"{path} refers to what the image does not hold: {sorted(others)}")


def closure(number: int) -> set[str]:
    """Read a graph of references."""
    lines = Path(f"closure-{number}").read_text().splitlines()
    found = set()
    while lines:
        path, _, count, *rest = lines
        found.add(path)
        lines = rest[int(count) :]
    return found


def described(layer: Path) -> dict[str, str]:
    """Link a layer's blob into the layout and return what it says of itself."""
    description: dict[str, str] = json.loads((layer / "layer.json").read_text())
    description["name"] = layer.name.partition("-layer-")[2]
    link = OUT / place(description["digest"])
    if not link.is_symlink():
        link.symlink_to(layer / "layer.tar.gz")
    return description


def configuration(layers: list[dict[str, str]]) -> dict[str, object]:
    """Return the image's configuration with its layers and where they come from."""
    config: dict[str, object] = json.loads(Path(os.environ["configPath"]).read_text())
    config["rootfs"] = {"type": "layers", "diff_ids": [layer["diff-id"] for layer in layers]}
    config["history"] = [
        {"created": config["created"], "created_by": f"harness: {layer['name']}"}
        for layer in layers
    ]
    return config


def blob(media_type: str, value: object) -> dict[str, object]:
    """Write a JSON blob and return its descriptor."""
    data = encoded(value)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    (OUT / place(digest)).write_bytes(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def place(digest: object) -> str:
    """Return where the blob of a digest is."""
    return f"blobs/sha256/{str(digest).removeprefix('sha256:')}"


def encoded(value: object) -> bytes:
    """Return canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


main()
