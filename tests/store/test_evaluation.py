"""Nix code of others, evaluated by a `nix-instantiate` of the test's own that tells its call."""

import os
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.store.evaluation import instantiate_file

_TELLS = """#!/bin/sh
echo "PATH=$PATH" > {told}
echo "$*" >> {told}
{body}
"""


class Nix:
    """What stands in for `nix-instantiate`."""

    def __init__(self, directory: Path) -> None:
        self._program, self._told = directory / "nix-instantiate", directory / "told"

    def does(self, body: str) -> None:
        self._program.write_text(_TELLS.format(told=self._told, body=body))
        self._program.chmod(0o755)

    @property
    def told(self) -> tuple[str, str]:
        path, call = self._told.read_text().splitlines()
        return path, call


@pytest.fixture
def nix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nix:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return Nix(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "default.nix"
    file.write_text("{}")
    return file


def test_it_is_held_down_finds_no_program_and_reads_its_own_tree(
    nix: Nix, file: Path, tmp_path: Path
) -> None:
    nix.does("echo '/nix/store/a.drv!dev /nix/store/b.drv'")
    assert instantiate_file(file, tmp_path, ["a", "b"]) == ["/nix/store/a.drv", "/nix/store/b.drv"]
    path, call = nix.told
    assert path == "PATH=/dev/null"
    for option in ("restrict-eval true", "allow-import-from-derivation false"):
        assert f"--option {option}" in call
    assert f"-I harness-0={tmp_path} -I harness-1=/nix/store {file} -A a -A b" in call


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("undefined variable", "undefined variable"),
        ("access to path '/etc/passwd' is forbidden in restricted mode", "its own tree and the"),
    ],
)
def test_what_fails_is_told_with_what_is_allowed(
    nix: Nix, file: Path, tmp_path: Path, said: str, told: str
) -> None:
    nix.does(f'echo "error: {said}" >&2; exit 1')
    with pytest.raises(ToolError) as caught:
        instantiate_file(file, tmp_path, [])
    assert said in str(caught.value)
    assert told in str(caught.value)


def test_what_is_no_regular_file_is_never_handed_to_nix(nix: Nix, tmp_path: Path) -> None:
    nix.does("exit 1")
    os.mkfifo(tmp_path / "pipe")
    for name in ("gone.nix", "pipe"):
        with pytest.raises(InputError, match=name):
            instantiate_file(tmp_path / name, tmp_path, [])
    assert not (tmp_path / "told").exists()
