"""What a repository may hold in place of a file, and what the verbs that read it say to that."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.__main__ import cli
from harness.errors import InputError
from harness.lock.core.pylock import encode_lock
from tests.locks import LOCK

_SPEC = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'
_FILES = ("envs/x/env.toml", "envs/x/pylock.toml", "pyproject.toml", "harness.toml")
_VERBS = (
    ["lock", "--check"],
    ["lock"],
    ["add", "x", "six"],
    ["fetch"],
    ["build"],
    ["verify"],
    ["sbom", "x"],
    ["image", "x"],
    ["test"],
)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _pipe(path: Path) -> None:
    os.mkfifo(path.parent / "pipe")
    path.symlink_to("pipe")


@pytest.mark.parametrize("make", [_device, _pipe])
@pytest.mark.parametrize("file", _FILES)
@pytest.mark.parametrize("verb", _VERBS, ids="-".join)
def test_what_never_ends_is_refused_by_every_verb(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: list[str],
    file: str,
    make: Callable[[Path], None],
) -> None:
    (tmp_path / "envs/x").mkdir(parents=True)
    (tmp_path / "harness.toml").touch()
    (tmp_path / "envs/x/env.toml").write_text(_SPEC)
    (tmp_path / "envs/x/pylock.toml").write_bytes(encode_lock(LOCK))
    (tmp_path / file).unlink(missing_ok=True)
    make(tmp_path / file)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, verb)
    assert isinstance(result.exception, InputError)
    assert "where a file is needed" in str(result.exception)
    assert file in str(result.exception)


@pytest.mark.parametrize("option", [["lock", "x", "--from"], ["verify", "x", "--trust"]])
def test_what_a_person_names_is_a_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    (tmp_path / "envs/x").mkdir(parents=True)
    (tmp_path / "harness.toml").touch()
    (tmp_path / "envs/x/env.toml").write_text(_SPEC)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, [*option, "/dev/zero"])
    assert str(result.exception) == "/dev/zero: a device, where a file is needed"


def test_a_link_that_leads_an_environment_out_of_the_repository_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "others").mkdir()
    (tmp_path / "others/env.toml").write_text(_SPEC)
    (tmp_path / "own/envs").mkdir(parents=True)
    (tmp_path / "own/harness.toml").touch()
    (tmp_path / "own/envs/x").symlink_to("../../others")
    monkeypatch.chdir(tmp_path / "own")
    result = CliRunner().invoke(cli, ["lock"])
    assert str(result.exception) == "envs/x: a link leads out of the repository"
    assert [path.name for path in (tmp_path / "others").iterdir()] == ["env.toml"]
