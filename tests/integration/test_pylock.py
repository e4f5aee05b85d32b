"""Other tools read our locks: uv and pip install from one, without network."""

import hashlib
import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import uv

from harness.lock.core.pylock import encode_lock
from harness.lock.core.values import Lock, Package
from harness.sources.core.input import Input
from tests.locks import LOCK
from tests.stores import wheel

_PYTHON = ".".join(platform.python_version_tuple()[:2])
_ELSEWHERE = 'platform_machine == "elsewhere"'
_HERE = f'platform_machine == "{platform.machine()}"'


def _package(house: Path, name: str, version: str, marker: str | None = None) -> Package:
    """Put a wheel into the wheelhouse, unless it is for another machine, and lock it."""
    content = wheel(name, 10, version)
    file = f"{name}-{version}-py3-none-any.whl"
    if marker != _ELSEWHERE:
        (house / file).write_bytes(content)
    locked = Input(file=file, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    return Package(name=name, version=version, wheels=(locked,), marker=marker)


@pytest.fixture(name="lock")
def _lock(tmp_path: Path) -> Lock:
    """Return the lock of a wheelhouse: one package for all machines, others by marker."""
    packages = (
        _package(tmp_path, "all", "1"),
        _package(tmp_path, "both", "1", _HERE),
        _package(tmp_path, "both", "2", _ELSEWHERE),
        _package(tmp_path, "other", "1", _ELSEWHERE),
    )
    targets = {name: replace(one, wheels=()) for name, one in LOCK.targets.items()}
    return replace(LOCK, requires_python=f"=={_PYTHON}.*", packages=packages, targets=targets)


@pytest.mark.parametrize(
    "installer",
    [
        [
            uv.find_uv_bin(),
            "pip",
            "install",
            "--offline",
            "--no-config",
            "--python",
            sys.executable,
        ],
        [sys.executable, "-m", "pip", "install", "--no-index"],
    ],
    ids=["uv", "pip"],
)
def test_installs_what_is_locked_for_this_machine(
    lock: Lock, installer: list[str], tmp_path: Path
) -> None:
    (tmp_path / "pylock.toml").write_bytes(encode_lock(lock))
    subprocess.run(
        [*installer, "--target", "site", "-r", "pylock.toml"],
        cwd=tmp_path,
        env=os.environ | {"UV_CACHE_DIR": str(tmp_path / "cache"), "PIP_NO_CACHE_DIR": "1"},
        check=True,
        capture_output=True,
    )
    installed = sorted(path.stem for path in (tmp_path / "site").glob("*.dist-info"))
    assert installed == ["all-1", "both-1"]


def test_a_file_that_is_not_the_locked_one_is_not_installed(lock: Lock, tmp_path: Path) -> None:
    (tmp_path / "pylock.toml").write_bytes(encode_lock(lock))
    (tmp_path / "all-1-py3-none-any.whl").write_bytes(wheel("all", 11))
    argv = [sys.executable, "-m", "pip", "install", "--no-index", "--target", "site"]
    completed = subprocess.run(
        [*argv, "-r", "pylock.toml"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert completed.returncode != 0
    assert "DO NOT MATCH THE HASHES" in completed.stderr
