"""An image of one static program and nothing else, as an archive that `docker load` reads.

Format: Docker's image archive (manifest.json, a configuration, a layer that is a tar), as in the
Docker Image Specification v1.2. The same program always gives the same bytes.
"""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass

from harness.host.core.architecture import ARCHITECTURES

_CREATED = "1970-01-01T00:00:01Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramImage:
    """An archive, and the id that an engine gives the image in it."""

    id: str
    archive: bytes


def program_image(
    name: str, program: bytes, *, system: str, labels: dict[str, str]
) -> ProgramImage:
    """Return the image whose one file, and entry point, is `/NAME`; it has the tag `NAME:…`.

    The tag is the program's hash: images of several versions keep their names.
    """
    layer = _tar({name: (program, 0o555)})
    config = _encoded(
        {
            "architecture": ARCHITECTURES[system].debian,
            "config": {"Entrypoint": [f"/{name}"], "Labels": labels, "WorkingDir": "/"},
            "created": _CREATED,
            "history": [{"created": _CREATED, "created_by": name}],
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(layer)}"]},
        }
    )
    manifest = [
        {
            "Config": f"{_sha256(config)}.json",
            "RepoTags": [f"{name}:{_sha256(program)[:16]}"],
            "Layers": ["layer.tar"],
        }
    ]
    files = {
        f"{_sha256(config)}.json": (config, 0o444),
        "layer.tar": (layer, 0o444),
        "manifest.json": (_encoded(manifest), 0o444),
    }
    return ProgramImage(id=f"sha256:{_sha256(config)}", archive=_tar(files))


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, (data, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), mode, 1
            tar.addfile(entry, io.BytesIO(data))
    return written.getvalue()


def _encoded(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
