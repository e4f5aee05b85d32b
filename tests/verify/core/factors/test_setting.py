import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import FILLER, Crowd, Setting, moving, pinned_but

NAMES = registered().names


def test_factors_that_are_not_among_those_to_move_are_not_pinned_either() -> None:
    lines = pinned_but((), {"umask"}, cpus=2).shim.splitlines()
    assert [line for line in lines if FILLER not in line] == ["umask 0022"]


def _room(setting: Setting) -> int:
    own = {"HOME": "/homeless-shelter"}
    own |= dict.fromkeys(["NIX_BUILD_TOP", "PWD", "TMPDIR", "TEMPDIR", "TMP", "TEMP"], "")
    own = {name: value or setting.build_directory for name, value in own.items()}
    own |= dict(
        line.removeprefix("env ").split("=", 1)
        for line in setting.shim.splitlines()
        if line.startswith("env ")
    )
    return sum(len(f"{name}={value}") + 1 + 8 for name, value in own.items())


@given(st.sets(st.sampled_from(NAMES)), st.sampled_from([1, 2, 8]))
def test_only_the_layout_of_memory_changes_the_room_that_the_environment_takes(
    moved: set[str], cpus: int
) -> None:
    pinned, some = (
        pinned_but((), NAMES, cpus=cpus),
        pinned_but(moved, NAMES, cpus=cpus),
    )
    assert (_room(some) != _room(pinned)) == ("address-layout" in moved)


def test_variables_that_the_derivation_sets_stay_as_it_sets_them() -> None:
    assert "PYTHONHASHSEED" in moving({"hash-seed"}, cpus=2).shim
    assert "PYTHONHASHSEED" not in moving({"hash-seed"}, cpus=2, kept=["PYTHONHASHSEED"]).shim
    assert "PERL_HASH_SEED" in moving({"hash-seed"}, cpus=2, kept=["PYTHONHASHSEED"]).shim


def test_a_pinned_clock_begins_when_it_is_told_to() -> None:
    assert "clock pinned 1795900000\n" in pinned_but((), NAMES, cpus=2).at(1795900000).shim
    assert "clock pinned" not in pinned_but({"clock"}, NAMES, cpus=2).at(1795900000).shim


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_what_runs_side_by_side_does_so_in_a_crowd(cpus: int) -> None:
    told = [moving(NAMES, cpus=cpus, crowd=crowd).shim.splitlines() for crowd in (None, *Crowd)]
    assert [lines[-1] for lines in told] == ["schedule 1", "schedule 2", "schedule 0"]
    assert ["cpus 4" in lines for lines in told] == [False, True, True]
    assert not moving(NAMES, cpus=cpus).alone


def test_races_have_one_processor_unless_the_schedule_is_moved() -> None:
    assert pinned_but((), NAMES, cpus=2).alone
    assert not pinned_but({"schedule"}, NAMES, cpus=2).alone
    assert not pinned_but((), NAMES, cpus=1).alone


def test_a_race_that_needs_two_processors_can_show_where_the_schedule_is_moved() -> None:
    assert not moving(NAMES, cpus=2).alone
    assert "cpus 1\n" in moving(NAMES, cpus=2).shim
    assert moving({"cpus"}, cpus=2).alone
