"""`harness diff` on real derivations, store paths, revisions and files."""

import base64
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.commands.diff import command
from harness.errors import InputError
from harness.project.repository import find_repository
from tests.derivations import Derivations, output

pytestmark = [pytest.mark.nix]
_OWN = find_repository(Path(__file__).parent)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def report(*arguments: str) -> dict[str, Any]:
    result = run("--json", *arguments)
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == found["exit-code"]
    return found


def levels(found: dict[str, Any]) -> list[str]:
    return [level["level"] for level in found["levels"]]


def test_two_builds_are_told_apart_at_every_level(tmp_path: Path) -> None:
    make = Derivations(tmp_path)
    first, second = make.build("echo one > $out"), make.build("echo two > $out")
    found = report(first, second)
    assert levels(found) == ["derivation", "closure", "tree", "file"]
    assert found["levels"][0]["items"][0]["field"] == "argument 5"
    (change,) = found["levels"][3]["items"]
    assert (change["first"], change["second"]) == ("one", "two")
    assert levels(report(str(output(first)), str(output(second)))) == levels(found)
    assert report(first, first)["same"] is True


def test_an_environment_at_a_revision_and_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(_OWN.environments_directory / "serving", tmp_path / "envs/serving")
    (tmp_path / "harness.toml").write_text('environments = "envs"\nrecord-urls = false\n')
    for words in ("init -q", "add .", "-c user.name=a -c user.email=a commit -qm a"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    assert run("serving@HEAD", "serving").output == "the same\n"
    lock = tmp_path / "envs/serving/pylock.toml"
    wheel = next(one for one in lock.read_text().splitlines() if 'path = "click-' in one)
    digest = lock.read_text().partition(wheel)[2].partition('sha256 = "')[2][:64]
    lock.write_text(lock.read_text().replace(digest, digest[::-1]))
    lines = run("serving@HEAD", "serving").output.splitlines()
    assert any(line.startswith("  package click") and "rehashed" in line for line in lines[:10])
    assert any("click" in line and "input" in line for line in lines[:10])
    assert run("serving@nowhere", "serving").exit_code != 0


def test_archives_are_explained_by_their_fields(tmp_path: Path) -> None:
    for name, moment in (("a.gz", 1), ("b.gz", 2)):
        (tmp_path / name).write_bytes(gzip.compress(b"text", mtime=moment))
    found = report(str(tmp_path / "a.gz"), str(tmp_path / "b.gz"))
    fields = [item["field"] for item in found["levels"][-1]["items"]]
    assert "gzip header mtime" in fields


def test_a_page_and_limits(tmp_path: Path) -> None:
    for side in "ab":
        (tmp_path / side).mkdir()
        for number in range(5):
            (tmp_path / side / str(number)).write_text(side)
    pair = (str(tmp_path / "a"), str(tmp_path / "b"))
    result = run(*pair, "--limit", "2", "--html", str(tmp_path / "page.html"))
    assert "2 of 5 differing files explained" in result.output
    assert b": different" in (tmp_path / "page.html").read_bytes()


def test_what_stands_for_nothing_is_told(tmp_path: Path) -> None:
    missing = run(str(tmp_path / "nothing"), str(tmp_path))
    assert "no such file" in str(missing.exception)
    unlike = run(Derivations(tmp_path).instantiate("exit 0"), str(tmp_path))
    assert "no level" in str(unlike.exception)


def test_a_built_derivation_can_be_held_against_a_file(tmp_path: Path) -> None:
    derivation = Derivations(tmp_path).build("echo one > $out")
    (tmp_path / "mine").write_text("two\n")
    found = report(derivation, str(tmp_path / "mine"))
    assert levels(found) == ["tree", "file"]


def test_outputs_are_held_against_each_other_by_their_names(tmp_path: Path) -> None:
    make = Derivations(tmp_path)
    script = "echo {} > $doc; echo same > $out"
    pair = [make.build(script.format(word), ("out", "doc")) for word in ("one", "two")]
    (change,) = report(*pair)["levels"][-1]["items"]
    assert (change["first"], change["second"]) == ("one", "two")


def test_a_file_that_changed_its_mode_too_is_explained_all_the_same(tmp_path: Path) -> None:
    for name, mode in (("one", 0o644), ("two", 0o755)):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to("two")
    found = report(str(tmp_path / "one"), str(tmp_path / "link"))
    assert [item["field"] for item in found["levels"][0]["items"]] == ["mode", "content"]
    assert found["levels"][1]["items"][0]["second"] == "two"


def test_signed_statements_are_told_apart_by_their_fields(tmp_path: Path) -> None:
    pair = []
    for nix in ("2.8", "2.9"):
        payload = json.dumps({"predicateType": "urn:a", "predicate": {"nix": nix}}).encode()
        envelope = {"payload": base64.b64encode(payload).decode(), "signatures": []}
        pair.append(tmp_path / f"{nix}.intoto.jsonl")
        pair[-1].write_text(json.dumps(envelope))
    found = report(*map(str, pair))
    assert levels(found) == ["statement", "tree"]
    assert found["levels"][0]["items"][0]["field"] == "$.predicate.nix"


def test_a_lock_of_another_tool_is_compared_as_a_file(tmp_path: Path) -> None:
    pair = []
    for version in ("1.0", "1.1"):
        pair.append(tmp_path / f"pylock.v{version[-1]}.toml")
        pair[-1].write_text(f'lock-version = "1.0"\nversion = "{version}"\n')
    found = report(*map(str, pair))
    assert found["levels"][-1]["items"][0]["field"].endswith("version")
    assert "compared as a file" in found["notes"][0]


@pytest.mark.parametrize("name", ["..@HEAD", "@HEAD", "nowhere@HEAD"])
def test_names_that_are_no_environment_s_are_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_OWN.root)
    assert isinstance(run(name, "serving").exception, InputError)


def _layer(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as layer:
        member = tarfile.TarInfo("etc/name")
        member.size = len(content)
        layer.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _image(directory: Path, created: str, *contents: bytes) -> Path:
    """An image layout with a layer for each content, written by its specification."""
    blobs = directory / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    layers = [put(_layer(content)) for content in contents]
    root = {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}
    config = {"architecture": "amd64", "os": "linux", "created": created, "rootfs": root}
    manifest = {"schemaVersion": 2, "config": put(json.dumps(config).encode()), "layers": layers}
    index = {"schemaVersion": 2, "manifests": [put(json.dumps(manifest).encode())]}
    (directory / "index.json").write_text(json.dumps(index))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return directory


@pytest.mark.parametrize("archived", [False, True])
def test_images_are_compared_part_by_part(tmp_path: Path, archived: bool) -> None:
    pair = [
        _image(tmp_path / name, f"2026-01-0{name}T00:00:00Z", content)
        for name, content in (("1", b"ours"), ("2", b"mine"))
    ]
    if archived:
        pair = [Path(shutil.make_archive(str(one), "tar", one)) for one in pair]
    found = report(*map(str, pair))
    fields = [(item["subject"], item["field"]) for item in found["levels"][-1]["items"]]
    assert ("config.json", "OCI config created") in fields
    assert any(one == "layers/001" and field.startswith("member etc/name") for one, field in fields)


def test_a_layer_in_between_is_told_as_added(tmp_path: Path) -> None:
    pair = [
        _image(tmp_path / "1", "2026-01-01T00:00:00Z", b"base", b"top"),
        _image(tmp_path / "2", "2026-01-01T00:00:00Z", b"base", b"new", b"top"),
    ]
    (tree,) = (one for one in report(*map(str, pair))["levels"] if one["level"] == "tree")
    assert {item["subject"]: item["field"] for item in tree["items"]} == {
        "config.json": "content",
        "manifest.json": "content",
        "layers/002": "only in the second",
    }


def test_an_archive_that_only_looks_like_an_image_is_compared_as_one(tmp_path: Path) -> None:
    pair = []
    for version in "12":
        (tmp_path / version).mkdir()
        (tmp_path / version / "manifest.json").write_text(f'{{"version": {version}}}')
        pair.append(shutil.make_archive(str(tmp_path / version), "gztar", tmp_path / version))
    fields = [item["field"] for item in report(*pair)["levels"][-1]["items"]]
    assert any("manifest.json" in field for field in fields)


def test_an_image_is_held_against_an_image_alone(tmp_path: Path) -> None:
    image = _image(tmp_path / "1", "2026", b"")
    (tmp_path / "other").write_text("x")
    for pair in ((str(image), f"{tmp_path}/other"), (f"{tmp_path}/other", str(image))):
        error = run(*pair).exception
        assert isinstance(error, InputError)
        assert f"{image} is an image, and {tmp_path}/other is none" in str(error)


def test_an_image_that_names_what_it_does_not_hold_is_refused(tmp_path: Path) -> None:
    image = _image(tmp_path / "1", "2026", b"")
    for blob in (image / "blobs/sha256").iterdir():
        blob.unlink()
    assert "no readable image" in str(run(str(image), str(image)).exception)
