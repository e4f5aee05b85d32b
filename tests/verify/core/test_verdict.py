from itertools import product

import pytest

from harness.verdict import Verdict
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.verdict import OutputResult, Verification, overall, worst_first

_GRAVITY_OF_EXIT_CODES = [5, 1, 2, 6, 3, 4, 0]


def test_nothing_at_all_is_inconclusive() -> None:
    assert overall([]) is Verdict.INCONCLUSIVE


def test_same_only_if_everything_is_the_same() -> None:
    assert overall([Verdict.SAME, Verdict.SAME]) is Verdict.SAME
    for other in set(Verdict) - {Verdict.SAME}:
        assert overall([Verdict.SAME, other, Verdict.SAME]) is other


@pytest.mark.parametrize(("one", "other"), list(product(Verdict, Verdict)))
def test_the_gravest_exit_code_wins(one: Verdict, other: Verdict) -> None:
    codes = {one.code, other.code}
    gravest = next(code for code in _GRAVITY_OF_EXIT_CODES if code in codes)
    assert overall([one, other]).code == gravest


def test_a_failed_rebuild_is_neither_the_same_nor_a_failed_build() -> None:
    assert Verdict.FAILS_REBUILT.code == 1
    assert Verdict.BUILD_FAILED.code == 3


def test_a_verification_is_as_grave_as_its_gravest_output() -> None:
    results = tuple(
        OutputResult(derivation="/nix/store/a.drv", output=name, path="", verdict=verdict)
        for name, verdict in (("out", Verdict.SAME), ("doc", Verdict.DIFFERENT))
    )
    conditions = Conditions(nix="2.8.0", processor="x", cpus=2)
    verification = Verification(environment="e", conditions=conditions, jobs=1, results=results)
    assert verification.verdict is Verdict.DIFFERENT


def test_the_gravest_come_first_and_those_of_one_verdict_stay_in_order() -> None:
    order = (Verdict.SAME, Verdict.DIFFERENT, Verdict.CORRUPT, Verdict.DIFFERENT)
    results = [
        OutputResult(derivation="", output=str(number), path="", verdict=verdict)
        for number, verdict in enumerate(order)
    ]
    assert [one.output for one in worst_first(results)] == ["2", "1", "3", "0"]
