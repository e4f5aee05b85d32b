from pathlib import Path

import pytest

from harness.flows.doctor import (
    CHECKS,
    Finding,
    Row,
    State,
    clean,
    is_ready,
    judge_fallback,
    judge_nix,
    judge_preloads,
    judge_space,
    judge_trust,
)

GIB = 2**30


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("nix-store (Nix) 2.8.0", State.OK),
        ("nix-store (Nix) 2.34.8", State.OK),
        ("nix-store (Nix) 3.0", State.OK),
        ("nix-store (Nix) 2.3.16", State.MISSING),
        ("something else", State.MISSING),
        (None, State.MISSING),
    ],
)
def test_nix_is_2_8_or_newer(version: str | None, state: State) -> None:
    assert judge_nix(version).state is state


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
