"""An archive of somebody else's is passed on without its names, and otherwise as it is."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from harness.container.untagged import untagged
from harness.errors import InputError

_LAYER = b"a layer"
_CONFIG = json.dumps({"rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _blob(data: bytes) -> str:
    return f"blobs/sha256/{_digest(data)}"


def _archive(path: Path, files: dict[str, Any], *, packed: bool = False) -> Path:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, value in files.items():
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(written.getvalue()) if packed else written.getvalue())
    return path


def _docker(**more: Any) -> dict[str, Any]:
    table = {"Config": "c.json", "Layers": ["l/layer.tar"], "RepoTags": ["debian:bookworm"]}
    return {
        "c.json": _CONFIG,
        "l/layer.tar": _LAYER,
        "repositories": {"debian": {"bookworm": "l"}},
        "manifest.json": [table | more],
        "./manifest.json": [table | more],
    }


def _oci() -> dict[str, Any]:
    name = {"io.containerd.image.name": "docker.io/library/debian:bookworm"}
    manifest = json.dumps(
        {
            "config": {"digest": f"sha256:{_digest(_CONFIG)}"},
            "layers": [{"digest": f"sha256:{_digest(_LAYER)}"}],
        }
    ).encode()
    entry = {"digest": f"sha256:{_digest(manifest)}", "annotations": name}
    return {
        "oci-layout": {"imageLayoutVersion": "1.0.0"},
        "index.json": {"manifests": [entry]},
        **{_blob(data): data for data in (manifest, _CONFIG, _LAYER)},
    }


def _read(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        members = found.getmembers()
        assert all(member.isreg() for member in members)
        files = ((member.name, found.extractfile(member)) for member in members)
        return {name: file.read() for name, file in files if file}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("files", [_docker(), _docker(RepoTags=None), _oci()])
def test_nothing_is_passed_on_but_the_configuration_and_the_layers(
    tmp_path: Path, files: dict[str, Any], *, packed: bool
) -> None:
    archive = _archive(tmp_path / "a.tar", files, packed=packed)
    passed = _read(b"".join(untagged(archive)))
    (table,) = json.loads(passed.pop("manifest.json"))
    assert table["RepoTags"] is None
    assert passed == {table["Config"]: _CONFIG, table["Layers"][0]: _LAYER}
    assert not any("debian" in name for name in passed)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a": b""}, "no readable image"),
        (_docker(Layers=["/etc/passwd"]), "leads out of the archive"),
        (_docker(Layers=["none"]), "not there"),
        (_docker(Layers="none"), "not a list"),
        ({**_oci(), "index.json": b"{"}, "not JSON"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, files: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=rf"a\.tar: .*{said}"):
        list(untagged(_archive(tmp_path / "a.tar", files)))


def test_an_archive_that_is_cut_off_is_named(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar", _docker(Layers=["c.json", "l/layer.tar"]))
    archive.write_bytes(archive.read_bytes()[:1540])
    with pytest.raises(InputError, match=r"a\.tar: "):
        list(untagged(archive))


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tar")
    for name in ("a.tar", "none.tar"):
        with pytest.raises(InputError, match=name):
            list(untagged(tmp_path / name))
