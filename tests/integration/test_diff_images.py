"""`harness diff` of images that an engine has, against what docker itself says that they hold."""

import hashlib
import json
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.commands.diff import command
from harness.diff.core.image_files import Kind
from harness.diff.core.image_packages import compare_packages
from harness.diff.images import laid_out_of_engine, packages_in_engine
from harness.diff.layer_files import read_contents
from harness.errors import InputError

pytestmark = pytest.mark.docker

_STATUS = "Package: bash\nStatus: install ok installed\nVersion: {}\n"


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two images: a root, and the same with a second layer and other settings."""
    directory, name = tmp_path_factory.mktemp("images"), f"harness-diff-{uuid.uuid4().hex[:12]}"
    root, above = directory / "root", directory / "above"
    for place, version, number in ((root, "5.1", "1.0"), (above, "5.2", "2.0")):
        (place / "var/lib/dpkg").mkdir(parents=True)
        (place / "var/lib/dpkg/status").write_text(_STATUS.format(version))
        (place / f"site/thing-{number}.dist-info").mkdir(parents=True)
        (place / f"site/thing-{number}.dist-info/METADATA").write_text("Name: thing\n")
    (root / "kept").write_text("kept")
    subprocess.run(["tar", "-C", root, "-cf", directory / "root.tar", "."], check=True)
    first, second = f"{name}:1", f"{name}:2"
    _docker("import", "--change", "ENV API_KEY=abc", str(directory / "root.tar"), first)
    container = _docker("create", first, "none")
    try:
        _docker("cp", f"{above}/.", f"{container}:/")
        _docker("commit", "--change", "USER 7", "--change", "ENV API_KEY=def", container, second)
        yield first, second
    finally:
        _docker("rm", container)
        subprocess.run(["docker", "rmi", first, second], check=False, capture_output=True)


def _report(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(command, ["--json", *arguments], catch_exceptions=False)
    found: dict[str, Any] = json.loads(result.stdout)
    return {level["level"]: level["items"] for level in found["levels"]}


def test_images_of_the_engine_are_told_apart_by_what_they_hold(pair: tuple[str, str]) -> None:
    found = _report(*pair)

    moved = {(one["subject"], one["first"], one["second"]) for one in found["packages"]}
    assert moved == {("debian bash", "5.1", "5.2"), ("python thing", "1.0", "1.0, 2.0")}
    assert ("User", "", "7") in {(c["field"], c["first"], c["second"]) for c in found["config"]}
    files = {(one["subject"], one["field"]) for one in found["files"]}
    assert ("site/thing-2.0.dist-info", "added") in files
    assert ("var/lib/dpkg/status", "content") in files
    assert not any("kept" in path for path, _ in files)


def test_what_a_secret_variable_holds_is_told_nowhere(pair: tuple[str, str]) -> None:
    told = json.dumps(_report(*pair))

    assert "Env API_KEY" in told
    assert "API_KEY=" not in told


def test_the_moves_of_packages_are_a_value(pair: tuple[str, str]) -> None:
    moves = compare_packages(*map(packages_in_engine, pair))

    assert [(one.name, one.second) for one in moves] == [("bash", "5.2"), ("thing", "1.0, 2.0")]


def test_the_files_are_those_that_docker_exports(pair: tuple[str, str], tmp_path: Path) -> None:
    with laid_out_of_engine(pair[1]) as image:
        layers = sorted((image / "layers").iterdir())
        files = read_contents(layers).files

    container = _docker("create", pair[1], "none")
    try:
        _docker("export", "--output", str(tmp_path / "export.tar"), container)
    finally:
        _docker("rm", container)
    known = {}
    with tarfile.open(tmp_path / "export.tar") as archive:
        for member in archive:
            if member.isreg() and (file := archive.extractfile(member)) is not None:
                known[member.name] = hashlib.sha256(file.read()).hexdigest()
    ours = {path: entry.content for path, entry in files.items() if entry.kind is Kind.FILE}
    assert len(layers) == 2
    assert ours.items() <= known.items()
    assert {path for path in known if path.startswith(("site/", "var/", "kept"))} == ours.keys()


def test_a_layer_that_an_image_has_twice_is_read_twice(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    """`docker save` writes the second as a link to the first."""
    (tmp_path / "x").write_text("x")
    (tmp_path / "Dockerfile").write_text(f"FROM {pair[0]}\nCOPY x /\nCOPY x /\n")
    twice = f"{pair[0]}-twice"
    _docker("build", "--quiet", "--no-cache", "--tag", twice, str(tmp_path))
    try:
        with laid_out_of_engine(twice) as image:
            layers = [path.read_bytes() for path in sorted((image / "layers").iterdir())]
        found = _report(pair[0], twice)
    finally:
        _docker("rmi", twice)

    assert len(layers) == 3
    assert layers[1] == layers[2]
    assert {(one["subject"], one["field"]) for one in found["files"]} == {("x", "added")}


def test_how_an_archive_packs_an_image_is_no_difference(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    """skopeo compresses the layers, and leaves out what only Docker has in a configuration.

    From version 25 on, Docker saves a manifest, which names the layers as they are packed.
    """
    saved, layout = f"{tmp_path}/saved.tar", f"{tmp_path}/layout"
    _docker("save", "--output", saved, pair[1])
    copy = ["skopeo", "copy", "--quiet"]
    subprocess.run([*copy, f"docker-archive:{saved}", f"oci:{layout}:tag"], check=True)
    subprocess.run([*copy, f"oci:{layout}:tag", f"oci-archive:{layout}.tar"], check=True)

    assert _report(pair[1], saved) == _report(layout, f"{layout}.tar") == {}
    packed = _report(pair[1], layout)
    assert packed.keys() == {"config", "tree", "file"}
    assert {one["subject"] for one in packed["tree"]} - {"manifest.json"} == {"config.json"}


def test_an_error_names_the_image_that_cannot_be_read(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "layer.tar").write_bytes(b"no tar")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "manifest.json").write_text('[{"Config": "config.json", "Layers": ["layer.tar"]}]')
    with pytest.raises(InputError, match=f"^{tmp_path}: layers/001: no readable archive"):
        CliRunner().invoke(command, [pair[0], str(tmp_path)], catch_exceptions=False)


def test_an_image_that_the_engine_has_not_is_refused() -> None:
    with (
        pytest.raises(InputError, match="no such image"),
        laid_out_of_engine("harness-has-no-such-image:1"),
    ):
        pass
