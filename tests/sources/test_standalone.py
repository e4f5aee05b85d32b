"""Where an interpreter of python-build-standalone comes from, and that its hash is the row's."""

from collections.abc import Iterator

import pytest

from harness.errors import InputError, MachineError, ToolError
from harness.project.core.bases import BASES, Interpreter
from harness.sources.standalone import interpreter_url, lock_interpreter
from tests import fakes
from tests.locks import INTERPRETER

_FILE = "cpython-3.12.1%2B20261021-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
_ROW = Interpreter(version="3.12.1", release="20261021", sha256={"x86_64-linux": "a" * 64})


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.Server]:
    monkeypatch.delenv("HARNESS_PYTHON_MIRROR", raising=False)
    with fakes.serving() as server:
        monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", server.url("/mirror/"))
        yield server


def test_the_size_is_the_mirrors_and_the_hash_the_rows(server: fakes.Server) -> None:
    server.files[f"/mirror/20261021/{_FILE}"] = b"12345"
    locked = lock_interpreter(_ROW, "x86_64-linux")
    assert (locked.release, locked.input.size, locked.input.sha256) == ("20261021", 5, "a" * 64)
    assert locked.input.file == _FILE.replace("%2B", "+")
    assert locked.input.url is None


@pytest.mark.usefixtures("server")
def test_a_mirror_that_does_not_have_it_is_told() -> None:
    with pytest.raises(ToolError, match="404"):
        lock_interpreter(_ROW, "x86_64-linux")


def test_a_system_that_the_row_lacks_is_told() -> None:
    with pytest.raises(InputError, match=r"3\.12\.1 is not there for aarch64-linux"):
        lock_interpreter(_ROW, "aarch64-linux")


def test_our_variable_comes_before_uvs_and_without_either_it_is_the_projects_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HARNESS_PYTHON_MIRROR", "UV_PYTHON_INSTALL_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    assert interpreter_url(INTERPRETER).startswith("https://github.com/astral-sh/")
    monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", "https://uv.invalid")
    monkeypatch.setenv("HARNESS_PYTHON_MIRROR", "https://ours.invalid/")
    assert interpreter_url(INTERPRETER).startswith(
        "https://ours.invalid/20261021/cpython-3.12.15%2B"
    )
    monkeypatch.setenv("HARNESS_PYTHON_MIRROR", "ours")
    with pytest.raises(MachineError, match="HARNESS_PYTHON_MIRROR"):
        interpreter_url(INTERPRETER)


def test_every_row_with_an_interpreter_has_it_for_both_architectures_and_none_of_debians() -> None:
    rows = [row for row in BASES.values() if row.interpreter]
    assert rows
    for row in rows:
        assert row.interpreter
        assert {*row.interpreter.sha256} == {"x86_64-linux", "aarch64-linux"}
        assert row.interpreter.version.startswith(f"{row.python}.")
        assert not any("{python}" in package for package in row.packages)
