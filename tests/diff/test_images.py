"""Images as archives and directories, laid out by what their parts are."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.diff.images import LaidOut, align, compare_images, laid_out, packages_in_engine
from harness.errors import InputError
from tests.engines import FakeEngine, serving


def tar(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parts(layers: list[bytes], *, packed: bool = False, **settings: Any) -> dict[str, bytes]:
    """Return an image's files, as `docker save` writes them."""
    ids = [f"sha256:{digest(layer)}" for layer in layers]
    config = {"config": settings, "rootfs": {"type": "layers", "diff_ids": ids}, "history": []}
    encoded = json.dumps(config).encode()
    names = [f"{digest(layer)}/layer.tar" for layer in layers]
    table = [{"Config": f"{digest(encoded)}.json", "RepoTags": ["a:1"], "Layers": names}]
    blobs = [gzip.compress(layer) if packed else layer for layer in layers]
    return {
        f"{digest(encoded)}.json": encoded,
        "manifest.json": json.dumps(table).encode(),
        **dict(zip(names, blobs, strict=True)),
    }


BASE = tar({"etc/os-release": b"ID=debian\n"})
APP, OTHER = (tar({"app/run.py": text}) for text in (b"print(1)\n", b"print(2)\n"))


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    path.write_bytes(tar(files))
    return path


def test_an_archive_is_laid_out_by_role_and_its_layers_by_number(tmp_path: Path) -> None:
    path = archive(tmp_path / "image.tar", parts([BASE, APP], Cmd=["run"]))
    with laid_out(path, "image") as image:
        assert image
        assert (image / "layers/001").read_bytes() == BASE
        assert (image / "layers/002").read_bytes() == APP
        assert LaidOut(name="image", path=image).config()["config"] == {"Cmd": ["run"]}


def test_a_layer_that_comes_often_takes_its_room_once(tmp_path: Path) -> None:
    path = archive(tmp_path / "image.tar", parts([BASE, APP, BASE]))
    with laid_out(path, "image") as image:
        assert image
        first, _, third = (image / f"layers/00{number}" for number in (1, 2, 3))
        assert first.samefile(third)


def test_what_is_no_image_is_not_laid_out(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive")
    archive(tmp_path / "other.tar", {"file": b"x"})
    for name in ("text", "other.tar", ".", "nothing"):
        with laid_out(tmp_path / name, name) as image:
            assert image is None


def test_an_image_that_names_what_it_does_not_hold_is_refused_by_its_name(tmp_path: Path) -> None:
    files = parts([BASE, APP])
    del files[f"{digest(APP)}/layer.tar"]
    path = archive(tmp_path / "image.tar", files)
    with pytest.raises(InputError, match="mine: no readable image"), laid_out(path, "mine"):
        pass


def test_a_link_out_of_a_directory_is_no_part_of_an_image(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("[]")
    (tmp_path / "image").mkdir()
    (tmp_path / "image/manifest.json").symlink_to(tmp_path / "secret")
    with laid_out(tmp_path / "image", "image") as image:
        assert image is None


def levels(first: Path, second: Path) -> dict[str, list[str]]:
    with laid_out(first, "one") as one, laid_out(second, "other") as other:
        assert one
        assert other
        align(one, other)
        sides = LaidOut(name="one", path=one), LaidOut(name="other", path=other)
        found = compare_images(*sides, limit=20)
    return {level.name: [item.subject for item in level.items] for level in found}


def test_what_differs_is_told_by_file_and_setting(tmp_path: Path) -> None:
    first = archive(tmp_path / "1.tar", parts([BASE, APP], User="a"))
    second = archive(tmp_path / "2.tar", parts([BASE, OTHER], User="b"))
    found = levels(first, second)
    assert any("app/run.py" in subject for subjects in found.values() for subject in subjects)
    assert any("config" in name for name in found)


def test_an_image_is_the_same_however_it_is_packed_and_laid_out(tmp_path: Path) -> None:
    plain = archive(tmp_path / "1.tar", parts([BASE, APP]))
    packed = archive(tmp_path / "2.tar", parts([BASE, APP], packed=True))
    assert levels(plain, packed) == {}


def test_equal_layers_become_one_file_with_one_number(tmp_path: Path) -> None:
    first = archive(tmp_path / "1.tar", parts([BASE, APP]))
    second = archive(tmp_path / "2.tar", parts([tar({"new": b""}), BASE, APP], packed=True))
    with laid_out(first, "one") as one, laid_out(second, "other") as other:
        assert one
        assert other
        align(one, other)
        shared = {name.name for name in (one / "layers").iterdir()}
        assert len(shared) == 2
        assert all((one / "layers" / n).samefile(other / "layers" / n) for n in shared)
        assert len(list((other / "layers").iterdir())) == 3


def test_a_configuration_that_tells_no_layers_rightly_aligns_none(tmp_path: Path) -> None:
    files = parts([BASE])
    name = next(name for name in files if name.endswith(".json") and name != "manifest.json")
    files[name] = b'{"rootfs": {"diff_ids": "all"}}'
    path = archive(tmp_path / "1.tar", files)
    with laid_out(path, "one") as one, laid_out(path, "other") as other:
        assert one
        assert other
        align(one, other)
        assert [found.name for found in (other / "layers").iterdir()] == ["001"]


def test_packages_of_an_image_of_the_engine_are_read_from_its_layers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = b"Metadata-Version: 2.1\nName: numpy\nVersion: 2.0\n"
    layer = tar({"usr/lib/python3/site-packages/numpy-2.0.dist-info/METADATA": metadata})
    engine = FakeEngine()
    image = engine.load(tar(parts([layer])))
    with serving(engine, tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        found = packages_in_engine(image)
        with pytest.raises(InputError, match="no such image"):
            packages_in_engine("nobody:1")
    assert "numpy" in repr(found)
