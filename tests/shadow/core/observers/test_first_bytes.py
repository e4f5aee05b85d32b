import pytest

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import Phase, Played, Timed
from harness.shadow.core.observers.first_bytes import FirstBytes
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from tests.shadow.core.simulated import ended, judged, spec

SOON, LATE, AT_THE_END, HARDLY_LATER = 0.02, 0.5, None, 0.0205


def asked(*firsts: float | None, outcome: str = "200") -> Played:
    """Return a request whose answers take a second, and begin after so many seconds."""
    a, b, c = (
        Timed(
            intended=1.0,
            sent=1.0,
            finished=2.0,
            reply=Reply(outcome=outcome, body=b"{}"),
            first=None if first is None else 1.0 + first,
        )
        for first in firsts
    )
    return Played(number=0, phase=Phase.SERIAL, group="", arms=(a, b, c))


@pytest.mark.parametrize(
    ("rounds", "judgement"),
    [
        ([asked(SOON, SOON, AT_THE_END)] * 403, Judgement.FAIL),
        ([asked(SOON, SOON, LATE)] * 403, Judgement.FAIL),
        ([asked(SOON, SOON, AT_THE_END)] * 402, Judgement.INCONCLUSIVE),
        ([asked(SOON, SOON, AT_THE_END)] * 2, Judgement.INCONCLUSIVE),
        (
            [asked(SOON, SOON, AT_THE_END)] * 8 + [asked(SOON, SOON, SOON)] * 40,
            Judgement.INCONCLUSIVE,
        ),
        ([asked(SOON, SOON, LATE)] * 4 + [asked(SOON, SOON, SOON)] * 40, Judgement.PASS),
        ([asked(SOON, LATE, SOON), asked(SOON, SOON, LATE)] * 40, Judgement.PASS),
        ([asked(SOON, SOON, HARDLY_LATER)] * 40, Judgement.PASS),
        ([asked(SOON, SOON, SOON)], Judgement.PASS),
        ([asked(LATE, LATE, SOON)] * 40, Judgement.PASS),
        ([asked(SOON, LATE, LATE)] * 40, Judgement.PASS),
    ],
)
def test_answers_that_begin_late_only_in_the_candidate_fail(
    rounds: list[Played], judgement: Judgement
) -> None:
    tests = FirstBytes()
    for each in rounds:
        tests.observe(each)
    (finding,) = tests.findings()
    assert (finding.judgement, finding.requests) == (judgement, len(rounds))
    is_doubtful = worded(finding.reasons).endswith(": too many for chance, too few for proof")
    assert is_doubtful is (judgement is Judgement.INCONCLUSIVE)


@pytest.mark.parametrize(
    "played", [asked(None, None, SOON), asked(SOON, SOON, LATE, outcome="500")]
)
def test_answers_that_come_at_once_or_failed_say_nothing(played: Played) -> None:
    tests = FirstBytes()
    tests.observe(played)
    assert tests.findings() == []


def test_streams_that_are_rare_are_found_as_soon() -> None:
    tests = FirstBytes()
    for place in range(403):
        held_back = place % 10 == 0
        tests.observe(asked(*(SOON, SOON, AT_THE_END) if held_back else (None, None, None)))
    (finding,) = tests.findings()
    assert (finding.judgement, finding.requests) == (Judgement.FAIL, 41)


def test_a_run_whose_candidate_holds_streams_back_fails() -> None:
    result = judged(spec(protocols.JSON), *[asked(SOON, SOON, AT_THE_END)] * 500, ended(500))
    assert result.judgement is Judgement.FAIL
    said = "of 500 answers that came in pieces, 500 began late only in the candidate"
    assert any(worded(each.reasons).startswith(said) for each in result.findings)
