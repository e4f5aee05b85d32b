from dataclasses import replace
from datetime import date

import pytest

from harness.errors import Exit, InputError
from harness.govern.core.assessment import (
    UNBUILT,
    UNWANTED,
    Assessment,
    Comparison,
    code,
    comparisons,
    verdict,
)
from harness.verdict import Judgement, Verdict
from harness.verify.core.benign import Benign, Expected
from tests.attest.core.samples import TOOL, result
from tests.govern.core.samples import QUORUM, found, known

_DECLARED = Benign(path="a", field="line 1", reason="known", expires=date.max)
_COVERED = Expected(found={_DECLARED: (TOOL,)}, covered=frozenset({TOOL}))


def test_of_nothing_at_all_nothing_is_known() -> None:
    assert (verdict([]), code([])) == (Verdict.INCONCLUSIVE, 4)
    nothing = Assessment(name="serving")
    assert (nothing.verdict, nothing.code) == (Verdict.INCONCLUSIVE, 4)


@pytest.mark.parametrize(
    ("rebuilds", "judgement", "ends"),
    [
        (Verdict.SAME, None, 0),
        (Verdict.SAME, Judgement.PASS, 0),
        (Verdict.SAME, Judgement.FAIL, 1),
        (Verdict.DIFFERENT, Judgement.INVALID, 1),
        (Verdict.BUILD_FAILED, Judgement.INVALID, 6),
        (Verdict.INCONCLUSIVE, Judgement.INCONCLUSIVE, 4),
        (Verdict.CORRUPT, Judgement.FAIL, 5),
    ],
)
def test_the_gravest_of_rebuilds_and_comparison_decides(
    rebuilds: Verdict, judgement: Judgement | None, ends: int
) -> None:
    one = known(result(TOOL, rebuilds), judgement=judgement)
    assert (one.verdict, one.code) == (rebuilds, ends)
    assert code([found(Verdict.SAME), one]) == ends


def test_a_waiver_changes_the_exit_code_and_no_verdict() -> None:
    waived = replace(found(Verdict.DIFFERENT), waivers=_COVERED)
    assert (waived.verdict, waived.accepted, waived.code) == (
        Verdict.DIFFERENT,
        Verdict.SAME,
        Exit.DONE,
    )


def test_what_builders_say_counts_as_what_rebuilds_find() -> None:
    said = Assessment(name="serving", statements=QUORUM)
    assert (said.verdict, said.code) == (Verdict.INCONCLUSIVE, 4)
    both = replace(found(Verdict.SAME), statements=QUORUM)
    assert both.accepted is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("told", [Verdict.SAME, Verdict.DIFFERENT])
def test_a_waiver_of_nothing_is_refused_once_it_could_be_told(told: Verdict) -> None:
    one = replace(found(told), declared=(_DECLARED,), declared_in="envs/a/env.toml")
    with pytest.raises(InputError, match=r"envs/a/env.toml: benign: .* does not differ: remove it"):
        one.require_waivers_found()
    replace(one, waivers=_COVERED).require_waivers_found()
    untold = found(Verdict.INCONCLUSIVE).verification
    replace(one, verification=untold).require_waivers_found()
    replace(one, verification=None).require_waivers_found()


def test_each_judgement_has_its_exit_code_and_none_has_success() -> None:
    codes = [Comparison(judgement=one, lines=()).code for one in Judgement]
    assert codes == [one.code for one in Judgement]
    assert (UNWANTED.code, UNWANTED.verdict) == (0, "not compared")
    assert UNBUILT.verdict == "INCONCLUSIVE"


def test_only_what_was_to_be_compared_has_a_comparison() -> None:
    one = known(judgement=Judgement.FAIL)
    assert comparisons([one, Assessment(name="other")]) == {"serving": one.comparison}
