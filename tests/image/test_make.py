import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.container.core.archive import Format
from harness.errors import InputError, IntegrityError, ToolError
from harness.host.processors import current_system
from harness.image.layouts import read_image
from harness.image.make import BuiltImage, image_of, load, save
from tests.engines import FakeEngine, serving
from tests.locked_environments import locked_environment

_LAYERS = {"base": b"the base", "serving": b"the environment"}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _diff(name: str) -> str:
    return _digest(f"unpacked {name}".encode())


@pytest.fixture
def built(tmp_path: Path) -> BuiltImage:
    """An image of two layers, laid out as the store has it."""
    config = {
        "rootfs": {"diff_ids": [_diff(name) for name in _LAYERS]},
        "history": [{"created_by": f"harness: {name}"} for name in _LAYERS],
    }
    blobs = [*_LAYERS.values(), json.dumps(config).encode()]
    layers = [{"digest": _digest(data), "size": len(data)} for data in _LAYERS.values()]
    manifest = {"config": {"digest": _digest(blobs[-1])}, "layers": layers}
    blobs.append(json.dumps(manifest).encode())
    places = [f"blobs/sha256/{_digest(data).removeprefix('sha256:')}" for data in blobs]
    table = {"Config": places[2], "RepoTags": ["serving:latest"], "Layers": places[:2]}
    top = tmp_path / "image"
    (top / "blobs/sha256").mkdir(parents=True)
    for place, data in zip(places, blobs, strict=True):
        (top / place).write_bytes(data)
    (top / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (top / "index.json").write_text(json.dumps({"manifests": [{"digest": _digest(blobs[3])}]}))
    (top / "manifest.json").write_text(json.dumps([table]))
    return BuiltImage(layout=top, image=read_image(top))


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    made = FakeEngine()
    with serving(made, tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        yield made


def _names(archive: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {*tar.getnames()}


def _place(layer: str) -> str:
    return f"blobs/sha256/{_digest(_LAYERS[layer]).removeprefix('sha256:')}"


def test_an_image_is_loaded_with_its_name_and_all_its_layers(
    built: BuiltImage, engine: FakeEngine
) -> None:
    assert load(built) == built.image.id
    assert engine.images[built.image.id]["RepoTags"] == ["serving:latest"]
    assert {_place("base"), _place("serving")} <= _names(engine.archives[built.image.id])


def test_an_image_that_is_not_named_takes_no_tag(built: BuiltImage, engine: FakeEngine) -> None:
    load(built, named=False)
    assert engine.images[built.image.id]["RepoTags"] == []


def test_layers_that_the_engine_has_are_left_out(built: BuiltImage, engine: FakeEngine) -> None:
    engine.add("older", layers=(_diff("base"), _digest(b"an older environment")))
    assert load(built) == built.image.id
    sent = _names(engine.archives[built.image.id])
    assert _place("base") not in sent
    assert _place("serving") in sent


def test_an_engine_that_takes_no_parts_gets_the_whole(
    built: BuiltImage, engine: FakeEngine
) -> None:
    engine.add("older", layers=(_diff("base"), _digest(b"an older environment")))
    engine.takes_parts = False
    assert load(built) == built.image.id
    assert engine.loads == 2
    assert {_place("base"), _place("serving")} <= _names(engine.archives[built.image.id])


def test_an_engine_that_keeps_images_as_they_came_knows_it_by_its_digest(
    built: BuiltImage, engine: FakeEngine
) -> None:
    engine.renames = built.image.digest
    assert load(built) == built.image.digest


def test_an_engine_that_loaded_something_else_is_not_believed(
    built: BuiltImage, engine: FakeEngine
) -> None:
    engine.renames = f"sha256:{'6' * 64}"
    with pytest.raises(IntegrityError, match=f"loaded sha256:{'6' * 64} in place of"):
        load(built)


def test_an_archive_is_written_whole(built: BuiltImage, tmp_path: Path) -> None:
    save(built, tmp_path / "image.tar", Format.DOCKER)
    assert {_place("base"), "manifest.json"} <= _names((tmp_path / "image.tar").read_bytes())


def test_an_archive_is_not_written_in_part(built: BuiltImage, tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_text("before")
    (built.layout / _place("serving")).unlink()
    (built.layout / _place("serving")).symlink_to(tmp_path / "what the store lost")
    with pytest.raises(ToolError, match="blobs/sha256"):
        save(built, tmp_path / "image.tar", Format.DOCKER)
    assert (tmp_path / "image.tar").read_text() == "before"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("image.tar")] == [
        "image.tar"
    ]


def test_an_environment_without_an_image_is_told_what_it_needs(tmp_path: Path) -> None:
    environment = locked_environment(tmp_path).environment
    with pytest.raises(InputError, match=r"env\.toml: no \[image\]; docs/images\.md"):
        image_of(environment, system=current_system())
