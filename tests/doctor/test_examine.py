from pathlib import Path

import pytest

from harness.doctor import machine
from harness.doctor.examine import (
    CHECKS,
    Finding,
    Row,
    State,
    clean,
    is_ready,
    judge_fallback,
    judge_left,
    judge_nix,
    judge_preloads,
    judge_space,
    judge_trust,
)
from harness.doctor.left import Left
from harness.doctor.machine import Program

GIB = 2**30


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("nix-store (Nix) 2.8.0", State.OK),
        ("nix-store (Nix) 2.34.8", State.OK),
        ("nix-store (Nix) 3.0", State.OK),
        ("nix-store (Nix) 2.3.16", State.MISSING),
        ("something else", State.MISSING),
    ],
)
def test_nix_is_2_8_or_newer(version: str, state: State) -> None:
    assert judge_nix(Program(version=version)).state is state


def test_a_program_that_is_missing_is_to_be_installed() -> None:
    found = judge_nix(machine.program(["no-such-program", "--version"]))
    assert found == Finding(
        state=State.MISSING,
        found="no no-such-program on PATH",
        mend="sudo apt-get install nix-bin",
    )


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o644, "nix-store: is there, and this user may not start it"),
        (0o755, "ends with status 1: error: opening lock file '/nix/x': Permission denied"),
    ],
)
def test_a_program_that_does_not_work_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, said: str
) -> None:
    program = tmp_path / "nix-store"
    program.write_text(
        "#!/bin/sh\necho \"error: opening lock file '/nix/x': Permission denied\" >&2; exit 1\n"
    )
    program.chmod(mode)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = judge_nix(machine.program(["nix-store", "--version"]))
    assert said in found.found
    assert found.mend == ""


def test_what_killed_runs_left_is_listed_and_shortened() -> None:
    assert judge_left([]).state is State.OK
    found = judge_left([Left(kind="directory", name=f"/x/{n}") for n in range(5)])
    assert found.state is State.WARNING
    assert found.found == "directory /x/0, directory /x/1, directory /x/2, 2 more"
    assert found.mend == "harness doctor --clean"


@pytest.mark.parametrize(
    ("trusted", "user", "groups", "state"),
    [
        ("root", "root", [], State.OK),
        ("root ann", "ann", ["users"], State.OK),
        ("root @wheel", "ann", ["wheel"], State.OK),
        ("*", "ann", [], State.OK),
        ("root @wheel", "wheel", ["users"], State.WARNING),
        ("root anna", "ann", [], State.WARNING),
        ("", "ann", [], State.WARNING),
    ],
)
def test_a_user_is_trusted_by_name_by_group_or_as_everyone(
    trusted: str, user: str, groups: list[str], state: State
) -> None:
    assert judge_trust(trusted, user, groups).state is state


def test_sandbox_fallback_is_a_warning_unless_it_is_off() -> None:
    assert judge_fallback("false").state is State.OK
    assert judge_fallback("true").state is State.WARNING
    assert judge_fallback("").found == "Nix does not say whether it is on"


@pytest.mark.parametrize(
    ("free", "state"),
    [(6 * GIB, State.OK), (2 * GIB, State.WARNING), (GIB - 1, State.MISSING)],
)
def test_space_is_judged_by_what_is_free(free: int, state: State) -> None:
    assert judge_space(free, Path("/x"), "make room").state is state


def test_names_what_changes_the_libraries_that_programs_load() -> None:
    finding = judge_preloads(["LD_PRELOAD", "/etc/ld.so.preload"])
    assert finding.state is State.WARNING
    assert finding.mend == "unset LD_PRELOAD; sudo editor /etc/ld.so.preload"
    assert judge_preloads([]).state is State.OK


@pytest.mark.parametrize(
    ("needed", "state", "ready"),
    [
        (True, State.MISSING, False),
        (False, State.MISSING, True),
        (True, State.WARNING, True),
        (True, State.OK, True),
    ],
)
def test_a_machine_is_ready_unless_something_needed_is_missing(
    needed: bool, state: State, ready: bool
) -> None:
    row = Row(name="x", needed=needed, finding=Finding(state=state, found=""))
    assert is_ready([row]) is ready


def test_without_an_engine_cleaning_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    cleaned = clean()
    assert cleaned.removed == ()
    assert "docker.io" in cleaned.unseen


def test_only_the_container_engine_is_not_needed() -> None:
    assert [check.name for check in CHECKS if not check.needed] == ["container engine"]
