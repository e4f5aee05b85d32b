"""Missing libraries, told of a real wheel with packages of the real Debian."""

import json
import sys
from pathlib import Path

import pytest

from harness.host import process

pytestmark = [pytest.mark.nix, pytest.mark.network]

_NEEDS_ODBC = """
python = "3.11"
base = "debian:bookworm"
targets = ["x86_64-linux"]
dependencies = ["pyodbc==5.3.0"]
"""


def _harness(repository: Path, *arguments: str) -> process.Completed:
    argv = [sys.executable, "-m", "harness", *arguments]
    return process.run(argv, cwd=repository, timeout=300)


def test_the_debian_package_is_named_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "harness.toml").touch()
    (tmp_path / "envs/odbc").mkdir(parents=True)
    (tmp_path / "envs/odbc/env.toml").write_text(_NEEDS_ODBC)
    # Where its inputs are in the store already, the first lock tells of it, too.
    assert _harness(tmp_path, "lock").status in {0, 2}
    for verb in ("fetch", "build", "lock"):
        refused = _harness(tmp_path, verb)
        assert refused.status == 2
        assert "pyodbc needs libodbc.so.2 (pyodbc), which the base does not have" in refused.stderr
        assert f"add debian-packages = {json.dumps(['libodbc2'])} to" in refused.stderr
    assert not (tmp_path / ".harness/roots/odbc/environment").exists()
