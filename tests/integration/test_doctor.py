"""Doctor, on the machine that runs the tests."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.doctor import machine
from harness.host.sockets import listens
from harness.store import nix
from tests import schemas


@pytest.mark.nix
def test_a_derivation_can_be_built_in_the_sandbox() -> None:
    assert machine.try_sandbox() is None


@pytest.mark.nix
def test_notices_when_there_is_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nix, "OPTIONS", {**nix.OPTIONS, "sandbox": "false"})
    assert machine.try_sandbox() is not None


def test_tells_a_socket_that_is_listened_on(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert not listens(tmp_path / "s")
        listening.listen()
        assert listens(tmp_path / "s")
    assert not listens(tmp_path / "none")


def test_tells_variables_that_preload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/x")
    assert "LD_LIBRARY_PATH" in machine.preloads()


def test_says_what_is_missing_and_exits_3_where_nothing_is(tmp_path: Path) -> None:
    environment = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(Path(harness.__file__).parents[1]),
        "HARNESS_INDEX_URL": "http://me:hunter2@127.0.0.1:1/simple",
        "HARNESS_DEBIAN_MIRROR": "http://me:hunter2@127.0.0.1:1/debian",
    }
    argv = [sys.executable, "-m", "harness", "doctor", "--json"]
    completed = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    states = {row["name"]: row for row in schemas.check("doctor", completed.stdout)["checks"]}
    assert completed.returncode == 3
    for name in ("Nix", "sandbox", "gpgv", "package index", "Debian mirror"):
        assert states[name]["state"] == "missing"
        assert states[name]["mend"]
    assert "hunter2" not in completed.stdout + completed.stderr
    assert {*os.listdir(tmp_path)} == {".cache", ".local"}
