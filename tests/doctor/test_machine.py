"""What this machine says of itself, and machines that say otherwise."""

import getpass
import os
import platform
import subprocess
from pathlib import Path

import pytest

from harness.doctor import machine
from tests import fakes


def program(directory: Path, name: str, script: str, mode: int = 0o755) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(mode)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is all of PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def test_the_system_is_called_as_it_calls_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    release = {"PRETTY_NAME": "Debian 12", "ID": "debian", "VERSION_ID": "12"}
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert machine.distribution() == ("Debian 12", "debian 12")


def test_a_system_without_a_name_is_called_by_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr(platform, "freedesktop_os_release", missing)
    assert machine.distribution() == (platform.platform(), "")


def test_the_user_has_the_groups_that_id_tells() -> None:
    name, groups = machine.user()
    assert name == getpass.getuser()
    told = subprocess.run(["id", "-Gn"], capture_output=True, text=True, check=True).stdout.split()
    assert set(groups) <= set(told)


def test_a_version_is_the_first_line(path: Path) -> None:
    program(path, "tool", "echo 'tool 1.2'; echo more")
    assert machine.program(["tool", "--version"]) == machine.Program(version="tool 1.2")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo broken >&2; exit 3", "`tool -v` ends with status 3: broken"),
        ("exit 3", "`tool -v` ends with status 3: it says nothing"),
        ("exit 0", "`tool -v` ends with status 0: it says nothing"),
    ],
)
def test_a_program_that_tells_no_version_is_quoted(path: Path, script: str, problem: str) -> None:
    program(path, "tool", script)
    assert machine.program(["tool", "-v"]) == machine.Program(problem=problem)


def test_what_is_missing_is_told_from_what_may_not_be_started(path: Path) -> None:
    assert machine.program(["tool"]) == machine.Program(problem="no tool on PATH", is_missing=True)
    program(path, "tool", "", mode=0o644)
    found = machine.program(["tool"])
    assert not found.is_missing
    assert found.problem == f"{path}/tool: is there, and this user may not start it"


@pytest.mark.parametrize(("status", "said"), [(200, None), (404, "404"), (403, "403")])
def test_an_address_answers_well_or_is_quoted(status: int, said: str | None) -> None:
    with fakes.serving() as server:
        server.files["/simple/"] = b"ok"
        if said:
            server.script["/simple/"] = [fakes.status(status)] * 3
        found = machine.answers(server.url("/simple/", "me:secret@"))
    assert found is None if said is None else said in str(found)
    assert "secret" not in str(found)


def test_an_address_where_nobody_listens_is_told_with_its_cause() -> None:
    with fakes.serving() as server:
        url = server.url("/")
    found = machine.answers(url)
    assert found
    assert "refuses connections" in found


def test_what_preloads_libraries_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    before = machine.preloads()
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    assert machine.preloads() == ["LD_LIBRARY_PATH", *before]
    monkeypatch.setenv("LD_LIBRARY_PATH", "")
    assert machine.preloads() == before


_NEW, _OLD = '[ "$3" = config ]', '[ "$3" = show-config ]'


@pytest.mark.parametrize("asked", [_NEW, _OLD])
def test_a_setting_is_read_from_every_nix(path: Path, asked: str) -> None:
    program(path, "nix", f"{asked} && echo 'sandbox = true' && echo 'sandbox-paths = /a = b'")
    assert machine.nix_setting("sandbox") == "true"
    assert machine.nix_setting("sandbox-paths") == "/a = b"
    assert machine.nix_setting("sand") == ""


def test_a_nix_that_fails_tells_no_setting(path: Path) -> None:
    program(path, "nix", "echo 'sandbox = true'; exit 1")
    assert machine.nix_setting("sandbox") == ""


def test_a_sandbox_that_cannot_be_tried_says_why(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    program(path, "nix-store", "echo 'error: cannot connect to daemon' >&2; exit 1")
    program(path, "nix", "echo 'error: cannot connect to daemon' >&2; exit 1")
    found = machine.try_sandbox()
    assert found
    assert "cannot connect to daemon" in found
    assert not [name for name in os.listdir(tmp_path) if name != "bin"]
