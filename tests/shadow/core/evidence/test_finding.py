import pytest

from harness.shadow.core.evidence.finding import Budget, Finding, overall
from harness.verdict import Judgement

PASS, FAIL, INCONCLUSIVE, INVALID = (
    Judgement.PASS,
    Judgement.FAIL,
    Judgement.INCONCLUSIVE,
    Judgement.INVALID,
)


def finding(judgement: Judgement, *, blocking: bool = True) -> Finding:
    return Finding(family="f", judgement=judgement, reasons=(), requests=1, blocking=blocking)


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        ([], INCONCLUSIVE),
        ([PASS, PASS], PASS),
        ([PASS, INCONCLUSIVE], INCONCLUSIVE),
        ([INCONCLUSIVE, INVALID], INVALID),
        ([INVALID, FAIL, PASS], FAIL),
    ],
)
def test_the_gravest_judgement_stands(judgements: list[Judgement], expected: Judgement) -> None:
    assert overall(map(finding, judgements)) is expected


@pytest.mark.parametrize(
    ("judgement", "expected"), [(INCONCLUSIVE, PASS), (FAIL, FAIL), (INVALID, INVALID)]
)
def test_what_does_not_block_only_keeps_a_pass_by_failing(
    judgement: Judgement, expected: Judgement
) -> None:
    assert overall([finding(PASS), finding(judgement, blocking=False)]) is expected


def test_a_pass_needs_something_that_blocks() -> None:
    assert overall([finding(PASS, blocking=False)]) is INCONCLUSIVE


def test_the_whole_run_spends_one_in_a_hundred() -> None:
    budget = Budget()
    spent = budget.outputs + budget.errors + budget.median + budget.tail
    assert spent == pytest.approx(0.01)


def test_each_judgement_has_its_exit_code() -> None:
    assert {one: one.code for one in Judgement} == {PASS: 0, FAIL: 1, INCONCLUSIVE: 4, INVALID: 6}
