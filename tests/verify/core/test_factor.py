from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verify.core.factors.conditions import Conditions, Reach, Reached, unreached
from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import FILLER, Crowd, Setting, moving, pinned_but

NAMES, IN_SHIM = registered().names, registered().in_shim

_PLAIN = Conditions(nix="2.8.0", processor="EPYC", cpus=2)


def test_a_rebuild_that_moves_nothing_says_so() -> None:
    assert str(_PLAIN) == "a plain rebuild, Nix 2.8.0, 2 CPUs (EPYC)"


def test_moved_factors_are_named_in_order() -> None:
    moved = Conditions(nix="2.8.0", processor="EPYC", cpus=2, moved=frozenset({"umask", "clock"}))
    assert str(moved).startswith("moved clock, umask, ")
    assert moved.as_object()["moved"] == ["clock", "umask"]


def test_all_factors_are_said_in_a_word() -> None:
    moved = Conditions(nix="2.8.0", processor="EPYC", cpus=2, moved=frozenset(NAMES))
    assert str(moved).startswith(f"all {len(NAMES)} factors moved, ")


def test_names_are_unique_and_each_factor_says_what_it_is() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(factor.what for factor in registered())


@pytest.mark.parametrize("cpus", [1, 2, 3, 4, 64])
@pytest.mark.parametrize("name", NAMES)
def test_every_factor_moves_something_on_every_machine(name: str, cpus: int) -> None:
    assert moving({name}, cpus=cpus) != moving((), cpus=cpus)
    assert pinned_but({name}, NAMES, cpus=cpus) != pinned_but((), NAMES, cpus=cpus)


@pytest.mark.parametrize("cpus", [1, 2, 3, 5])
def test_moved_counts_are_not_those_of_the_machine(cpus: int) -> None:
    setting = moving(NAMES, cpus=cpus)
    assert setting.cores not in {0, 1, cpus}
    assert f"cpus {cpus}\n" not in setting.shim
    assert f"OMP_NUM_THREADS={cpus}\n" not in setting.shim


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


@given(st.integers(min_value=1767225600, max_value=4070908800))
def test_every_part_of_a_date_is_another_once_the_clock_is_moved(now: int) -> None:
    offset = moving({"clock"}, cpus=2).shim.removeprefix("clock offset ")
    first, moved = (datetime.fromtimestamp(time, UTC) for time in (now, now + int(offset)))
    for part in "YymdjAUVHMS":
        assert first.strftime(f"%{part}") != moved.strftime(f"%{part}")


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_what_runs_side_by_side_does_so_in_a_crowd(cpus: int) -> None:
    told = [moving(NAMES, cpus=cpus, crowd=crowd).shim.splitlines() for crowd in (None, *Crowd)]
    assert [lines[-1] for lines in told] == ["schedule 1", "schedule 2", "schedule 0"]
    assert ["cpus 4" in lines for lines in told] == [False, True, True]
    assert not moving(NAMES, cpus=cpus).alone


def test_two_rebuilds_came_as_far_as_both() -> None:
    some = Reach(beyond=("a", "b"), counted=True, shares=True)
    other = Reach(reached=Reached.CHILDREN, beyond=("b", "c"), knows_locale=False)
    both = replace(other, beyond=("a", "b", "c"), counted=True, shares=True)
    assert some.with_(other) == other.with_(some) == both
    assert Reach().with_(Reach()) == Reach()


def test_races_have_one_processor_unless_the_schedule_is_moved() -> None:
    assert pinned_but((), NAMES, cpus=2).alone
    assert not pinned_but({"schedule"}, NAMES, cpus=2).alone
    assert not pinned_but((), NAMES, cpus=1).alone


def test_a_race_that_needs_two_processors_can_show_where_the_schedule_is_moved() -> None:
    assert not moving(NAMES, cpus=2).alone
    assert "cpus 1\n" in moving(NAMES, cpus=2).shim
    assert moving({"cpus"}, cpus=2).alone


def test_what_the_shim_moves_reaches_only_programs_that_it_ran_in() -> None:
    assert unreached(NAMES, Reach()) == {}
    assert set(unreached(NAMES, Reach(reached=Reached.NOTHING))) == IN_SHIM
    assert set(unreached(["clock", "cores"], Reach(reached=Reached.CHILDREN))) == {"clock"}


def test_what_programs_inherit_reaches_those_that_the_shim_did_not_run_in() -> None:
    missed = unreached(NAMES, Reach(beyond=("busybox",)))
    assert {"clock", "random", "directory-order", "host"} <= missed.keys()
    assert missed.keys().isdisjoint({"umask", "time-zone", "home", "cores", "build-directory"})
    assert set(missed.values()) == {"busybox: the shim did not run in what the build started"}
    assert not Reach(beyond=("busybox",)).is_whole


def test_a_locale_that_could_not_be_loaded_is_not_claimed() -> None:
    assert unreached(NAMES, Reach(knows_locale=False)).keys() == {"locale"}
    assert unreached(["clock"], Reach(knows_locale=False)) == {}
    assert len(unreached(NAMES, Reach(knows_locale=False, beyond=("a",)))) > 1


def test_of_many_programs_out_of_reach_the_first_are_named() -> None:
    (reason,) = unreached(["clock"], Reach(beyond=tuple("abcdefg"))).values()
    assert reason.startswith("a, b, c, d, e and 2 more: ")
