import math
from dataclasses import replace

import pytest

from harness.shadow.core.events import Played, Timed
from harness.verdict import Judgement
from tests.shadow.core.evidence.simulation import BENIGN, Case
from tests.shadow.core.simulated import ended, events, family, judged, spec

UNCHANGED = BENIGN[0]


def test_more_requests_could_have_shown_less() -> None:
    few, many = (
        {each.family: each.change for each in judged(spec(), *events(UNCHANGED, n)).detectable}
        for n in (50, 1_000)
    )
    assert many["outputs"] < few["outputs"]
    assert many["median latency"] < few["median latency"]
    none = {each.family: each.change for each in judged(spec()).detectable}
    assert math.isinf(none["median latency"])


@pytest.mark.parametrize(("slower", "passes"), [(1.15, True), (1.9, False)])
def test_the_effect_lies_on_the_side_of_the_margin_that_the_verdict_has(
    slower: float, passes: bool
) -> None:
    """At half a millisecond the floor is the margin: a fifth."""
    case = Case(name="", slower=lambda seconds, _: seconds * slower)
    fast = [_scaled(event, 0.1) for event in events(case, 800)]
    result = judged(spec(), *fast, ended(800))
    (effect,) = (each for each in result.effects if each.family == "median latency")
    assert effect.margin == pytest.approx(0.2, rel=0.1)
    assert (effect.high < effect.margin) is passes
    assert (effect.low > effect.margin) is not passes
    assert family(result, "median latency") is (Judgement.PASS if passes else Judgement.FAIL)


def _scaled(played: Played, factor: float) -> Played:
    a, b, c = (
        replace(arm, intended=0.0, sent=0.0, finished=arm.seconds * factor) for arm in played.arms
    )
    return replace(played, arms=(a, b, c))


def test_intervals_are_as_much_wider_as_the_starts_of_production_are_apart() -> None:
    happened = [
        replace(event, arms=(event.arms[0], _later(event.arms[1], 1.16), event.arms[2]))
        for event in events(UNCHANGED, 400)
    ]
    apart, alike = (
        next(each for each in result.effects if each.family == "median latency")
        for result in (judged(spec(), *happened), judged(spec(), *events(UNCHANGED, 400)))
    )
    assert apart.noise is not None
    assert apart.noise[0] < 0
    assert apart.noise[1] > 0.16
    assert apart.high - apart.low > alike.high - alike.low + 0.25


def _later(timed: Timed, factor: float) -> Timed:
    return replace(timed, intended=0.0, sent=0.0, finished=timed.seconds * factor)
