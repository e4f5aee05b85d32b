"""Facts about images of one program, read with tarfile; an id is checked by its definition."""

import hashlib
import io
import json
import tarfile

from harness.container.core.program import ProgramImage, program_image

PROGRAM = b"\x7fELF" + bytes(5000)


def image(program: bytes = PROGRAM) -> ProgramImage:
    return program_image("relay", program, system="aarch64-linux", labels={"a": "b"})


def contents(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


def test_the_same_program_gives_the_same_bytes_and_another_gives_another_id() -> None:
    assert image() == image()
    assert image().id != image(PROGRAM + b"x").id


def test_the_id_is_the_hash_of_the_configuration() -> None:
    files = contents(image().archive)
    (manifest,) = json.loads(files["manifest.json"])
    assert f"sha256:{hashlib.sha256(files[manifest['Config']]).hexdigest()}" == image().id


def test_the_layer_holds_the_program_alone_and_is_named_by_its_hash() -> None:
    files = contents(image().archive)
    (manifest,) = json.loads(files["manifest.json"])
    config = json.loads(files[manifest["Config"]])
    (layer,) = (files[name] for name in manifest["Layers"])
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    assert contents(layer) == {"relay": PROGRAM}


def test_the_program_is_the_entry_point_on_its_architecture() -> None:
    files = contents(image().archive)
    (manifest,) = json.loads(files["manifest.json"])
    config = json.loads(files[manifest["Config"]])
    assert config["architecture"] == "arm64"
    assert config["config"]["Entrypoint"] == ["/relay"]
    assert config["config"]["Labels"] == {"a": "b"}


def test_the_tag_is_the_programs_hash() -> None:
    (manifest,) = json.loads(contents(image().archive)["manifest.json"])
    assert manifest["RepoTags"] == [f"relay:{hashlib.sha256(PROGRAM).hexdigest()[:16]}"]
