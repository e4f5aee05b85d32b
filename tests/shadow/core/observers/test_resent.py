import pytest

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import Phase, Played, Timed
from harness.shadow.core.observers.resent import Resent
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from tests.shadow.core.simulated import ended, judged, spec


def asked(*again: bool) -> Played:
    """Return a request that went out twice to some arms."""
    a, b, c = (
        Timed(
            intended=1.0,
            sent=1.0,
            finished=1.01,
            reply=Reply(outcome="200", body=b"{}"),
            again=each,
        )
        for each in again
    )
    return Played(number=0, phase=Phase.SERIAL, group="", arms=(a, b, c))


ONCE, OURS, THEIRS, BOTH = (
    asked(False, False, False),
    asked(False, False, True),
    asked(False, True, False),
    asked(True, True, True),
)


@pytest.mark.parametrize(
    ("rounds", "judgement"),
    [
        ([OURS] * 403, Judgement.FAIL),
        (([OURS] + [ONCE] * 19) * 21, Judgement.FAIL),
        ([OURS] * 31 + [ONCE] * 900, Judgement.PASS),
        ([OURS] * 3 + [ONCE] * 90, Judgement.PASS),
        ([OURS, THEIRS] * 40, Judgement.PASS),
        ([THEIRS] * 40, Judgement.PASS),
    ],
)
def test_a_candidate_that_closes_connections_far_more_often_fails(
    rounds: list[Played], judgement: Judgement
) -> None:
    tests = Resent()
    for each in rounds:
        tests.observe(each)
    (finding,) = tests.findings()
    assert (finding.judgement, finding.requests) == (judgement, len(rounds))


def test_what_all_arms_do_says_nothing() -> None:
    tests = Resent()
    for each in (ONCE, BOTH):
        tests.observe(each)
    assert tests.findings() == []


def test_a_run_says_so() -> None:
    result = judged(spec(protocols.JSON), *[OURS] * 500, ended(500))
    assert result.judgement is Judgement.FAIL
    said = "closed under 500 of 500 requests only by the candidate (0 only by production)"
    assert said in [worded(each.reasons) for each in result.findings]
