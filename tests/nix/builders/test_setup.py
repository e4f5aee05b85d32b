import runpy
import subprocess
from pathlib import Path

import pytest

from harness.nix import builders

_SETUP = Path(builders.__path__[0]) / "setup.py"


@pytest.fixture(name="enter")
def _enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a shell sources, of an environment that has a program `uv` which says what it got."""
    program = tmp_path / "environment/bin/uv"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "ran $*"\n')
    program.chmod(0o755)
    for name in ("out", "environment", "base"):
        monkeypatch.setenv(name, str(tmp_path / name))
    runpy.run_path(str(_SETUP))
    return tmp_path / "out/enter"


def _run(enter: Path, words: str) -> subprocess.CompletedProcess[str]:
    argv = ["bash", "-c", f'source "{enter}"; {words}']
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "words",
    ["uv pip install numpy", "uv -q pip install -e .", "uv pip sync a.txt", "uv sync --active"],
)
def test_uv_is_told_that_the_environment_is_locked(enter: Path, words: str) -> None:
    done = _run(enter, words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "is locked: nothing is installed into it" in done.stderr
    assert "`harness add ENV PACKAGE`" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        "uv pip list", "uv sync", "uv --version", "uv pip install --target=x numpy",
        "uv pip install --python .venv numpy", "uv pip install -t x numpy", "uv venv",
        "uv pip install --system numpy", "uv pip install --help",
    ],
)  # fmt: skip
def test_uv_does_what_leaves_the_environment_alone(enter: Path, words: str) -> None:
    done = _run(enter, words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"ran {words.removeprefix('uv ')}\n"


def test_uv_installs_where_a_variable_sends_it(enter: Path) -> None:
    for variable in ("UV_PYTHON", "VIRTUAL_ENV"):
        done = _run(enter, f"{variable}=.venv uv pip install numpy")
        assert done.stdout == "ran pip install numpy\n"
