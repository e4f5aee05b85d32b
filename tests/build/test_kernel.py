import json
import re
from pathlib import Path

import pytest

from harness.build.kernel import install
from harness.errors import InputError
from harness.project.repository import Environment, Repository
from tests import fakes, stores


@pytest.fixture(name="data")
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setattr("sys.argv", [str(tmp_path / "bin/harness")])
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/harness").touch(mode=0o755)
    return tmp_path / "jupyter"


def _environment(directory: Path, *, with_kernel: bool = True) -> Environment:
    directory.mkdir()
    with fakes.serving() as server:
        stores.write_repository(directory, a=stores.published_lock(server, wheels=1))
    if with_kernel:
        path = directory / "envs/a/pylock.toml"
        path.write_text(re.sub(r"\bp0\b(?=-|\")", "ipykernel", path.read_text()))
    return Repository(root=directory).select(["a"])[0]


def test_jupyter_finds_a_kernel_that_enters_the_environment(data: Path, tmp_path: Path) -> None:
    directory = install(_environment(tmp_path / "repo"))
    assert directory == data / "kernels/harness-a"
    spec = json.loads((directory / "kernel.json").read_text())
    program, verb, *_ = spec["argv"]
    assert (program, verb) == (str(tmp_path / "bin/harness"), "shell")
    assert spec["display_name"] == "a (repo, harness)"


def test_an_environment_without_what_a_kernel_needs_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`harness add a ipykernel`"):
        install(_environment(tmp_path / "repo", with_kernel=False))
    assert not data.exists()


def test_a_kernel_of_another_repository_stays(data: Path, tmp_path: Path) -> None:
    first, second = _environment(tmp_path / "one"), _environment(tmp_path / "two")
    install(first)
    install(first)
    with pytest.raises(InputError, match="choose another name with --name"):
        install(second)
    assert install(second, name="two") == data / "kernels/two"


def test_a_harness_that_is_no_program_is_started_as_a_module(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [str(tmp_path / "harness/__main__.py")])
    spec = json.loads((install(_environment(tmp_path / "repo")) / "kernel.json").read_text())
    assert spec["argv"][1:3] == ["-m", "harness"]
    assert data.exists()
