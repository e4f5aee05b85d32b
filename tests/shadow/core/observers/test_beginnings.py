import json
from collections.abc import Iterable, Sequence

import pytest

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.events import Ending, Phase, Played, Timed
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.observers.beginnings import Beginnings
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from tests.shadow.core.simulated import ended, judged, spec, started

Said = tuple[str, object, float]
FINE = ("200", {"y": 1.0}, 0.01)
LOADING: Said = ("503", {}, 0.01)
REFUSED: Said = ("401", {}, 0.01)
CREATED = ("201", {"y": 1.0}, 0.01)
OTHER = ("200", {"y": 2.0}, 0.01)
EMPTY: Said = ("200", {}, 0.01)
SLOW = ("200", {"y": 1.0}, 8.0)

Trio = tuple[Said, Said, Said]


def asked(trio: Trio, phase: Phase = Phase.START) -> Played:
    a, b, c = (
        Timed(
            intended=1.0,
            sent=1.0,
            finished=1.0 + seconds,
            reply=Reply(outcome=outcome, body=json.dumps(document).encode()),
        )
        for outcome, document, seconds in trio
    )
    return Played(number=0, phase=phase, group="", arms=(a, b, c))


def found(*starts: Iterable[Trio]) -> Finding:
    beginnings = Beginnings(protocol=protocols.JSON, rules=Rules())
    for start in starts:
        for trio in start:
            beginnings.observe(asked(trio))
        beginnings.end_start()
    (finding,) = beginnings.findings()
    return finding


USUAL: list[Trio] = [(FINE, FINE, FINE)] * 30
SEVEN = 7


@pytest.mark.parametrize(
    ("trios", "said"),
    [
        ([(FINE, FINE, LOADING)], "1 of 31 answers had another outcome there alone (503)"),
        ([(REFUSED, REFUSED, FINE)], "1 of 31 answers had another outcome there alone (200)"),
        ([(FINE, FINE, CREATED)], "1 of 31 answers had another outcome there alone (201)"),
        ([(FINE, FINE, EMPTY)], "1 of 31 answers differed there alone"),
        ([(FINE, FINE, OTHER)] * 7, "7 of 37 answers differed there alone"),
        ([(FINE, FINE, SLOW)], "the slowest answer took 8 s there, elsewhere 0.01 s at most"),
        (
            [(FINE, FINE, ("200", {"y": 1.0}, 0.9))] * 2,
            "the answers together took 2.1 s there, elsewhere 0.32 s at most",
        ),
    ],
)
def test_a_start_that_went_badly_for_the_candidate_alone_is_no_pass(
    trios: list[Trio], said: str
) -> None:
    finding = found([*trios, *USUAL])
    assert finding.judgement is Judgement.INCONCLUSIVE
    assert finding.blocking
    assert worded(finding.reasons) == (
        "1 of 1 starts went badly for the candidate alone, 0 for one of production; "
        f"in the candidate, {said}"
    )


@pytest.mark.parametrize(
    "trios",
    [
        [],
        [(LOADING, LOADING, LOADING)],
        [(LOADING, LOADING, FINE)],
        [(LOADING, FINE, LOADING)],
        [(LOADING, FINE, FINE)],
        [(FINE, FINE, LOADING), (FINE, LOADING, FINE)],
        [(SLOW, FINE, SLOW)],
        [(FINE, FINE, ("200", {"y": 1.0}, 0.9))],
        [(FINE, FINE, OTHER)] * 3,
        [(FINE, OTHER, FINE)] * 9 + [(FINE, FINE, OTHER)] * 9,
        [(FINE, EMPTY, FINE), (FINE, FINE, EMPTY)],
    ],
)
def test_what_production_does_as_well_or_chance_may_do_passes(trios: list[Trio]) -> None:
    assert found([*trios, *USUAL]).judgement is Judgement.PASS


def starts(bad: Sequence[int]) -> list[list[Trio]]:
    """Return starts, each of which goes badly for one arm."""
    made: list[list[Trio]] = []
    for arm in bad:
        a, b, c = (LOADING if each == arm else FINE for each in range(3))
        made.append([(a, b, c), *USUAL])
    return made


@pytest.mark.parametrize(
    ("bad", "judgement"),
    [
        ([2] * SEVEN, Judgement.FAIL),
        ([2] * (SEVEN - 1), Judgement.INCONCLUSIVE),
        ([2, 0, 2, 2], Judgement.INCONCLUSIVE),
        ([2, 1, 0], Judgement.PASS),
        ([0, 1, 0, 1, 0, 1, 0], Judgement.PASS),
    ],
)
def test_what_comes_back_with_every_start_fails(bad: list[int], judgement: Judgement) -> None:
    finding = found(*starts(bad), USUAL)
    assert finding.judgement is judgement
    assert finding.requests == len(bad) * 31 + 30


def test_beginnings_are_judged_apart_from_what_is_asked_afterwards() -> None:
    beginning = [asked((FINE, FINE, LOADING), phase) for phase in (Phase.START, Phase.WARM_UP)]
    serial = asked((FINE, FINE, FINE), Phase.SERIAL)
    ends = [started(arm, 0, 10**8) for arm in range(3)]
    result = judged(
        spec(protocols.JSON), beginning[0], *ends, beginning[1], *[serial] * 3, ended(5)
    )
    (finding,) = [each for each in result.findings if each.family == "first answers"]
    assert worded(finding.reasons).startswith("2 of 2 starts went badly for the candidate alone")
    assert (result.counts.asked, result.counts.failed) == (3, ({}, {}, {}))
    assert "comparison" not in {each.family for each in result.findings}


def test_a_run_that_asked_nothing_but_beginnings_is_invalid() -> None:
    result = judged(spec(protocols.JSON), asked((FINE, FINE, FINE), Phase.WARM_UP), ended(1))
    assert result.judgement is Judgement.INVALID
    assert "no request was asked" in [worded(each.reasons) for each in result.findings]


def test_a_run_that_is_interrupted_while_it_warms_up_is_inconclusive() -> None:
    played = asked((FINE, FINE, FINE), Phase.WARM_UP)
    result = judged(spec(protocols.JSON), played, ended(1, Ending.INTERRUPTED))
    assert result.judgement is Judgement.INCONCLUSIVE


def test_without_beginnings_nothing_is_said_of_them() -> None:
    assert list(Beginnings(protocol=protocols.JSON, rules=Rules()).findings()) == []
