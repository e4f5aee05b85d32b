from dataclasses import replace

from harness.verify.core.factors.conditions import Conditions, Reach, Reached, unreached
from harness.verify.core.factors.rows import registered

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


def test_two_rebuilds_came_as_far_as_both() -> None:
    some = Reach(beyond=("a", "b"), counted=True, shares=True)
    other = Reach(reached=Reached.CHILDREN, beyond=("b", "c"), knows_locale=False)
    both = replace(other, beyond=("a", "b", "c"), counted=True, shares=True)
    assert some.with_(other) == other.with_(some) == both
    assert Reach().with_(Reach()) == Reach()


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
