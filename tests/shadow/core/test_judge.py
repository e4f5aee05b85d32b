import itertools
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.events import (
    Broken,
    Ending,
    Event,
    Phase,
    Restarted,
    Unexercised,
    decode_event,
    encode_event,
)
from harness.shadow.core.evidence.margins import LEAST_STARTS
from harness.shadow.core.judge import Judge
from harness.shadow.core.observers.gravest import MOST_WORST
from harness.shadow.core.page.page import page
from harness.shadow.core.result import as_object
from harness.shadow.core.spec import Bounds
from harness.shadow.core.text import MOST_LINES, junit, summary
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from tests.render.test_junit import RAN
from tests.shadow.core.evidence.simulation import BENIGN, HARMS, Case, stamped
from tests.shadow.core.simulated import ASKED, ended, events, family, judged, once, spec, started
from tests.shadow.core.test_events import EVENTS

UNCHANGED = BENIGN[0]
SERIAL = [case for case in HARMS if case.cap == 2_000]
JSON = spec(protocols.JSON, rules=Rules())


@pytest.mark.parametrize("case", SERIAL, ids=lambda case: case.name)
def test_harm_fails(case: Case) -> None:
    judge = Judge(spec=spec(rules=case.rules))
    for event in events(case, case.cap):
        judge.observe(event)
        for number in judge.to_replay:
            judge.observe(replace(event, number=number, phase=Phase.REPLAY))
        if judge.wants_restart:
            judge.observe(Restarted(starts=1))
        if event.number % 20 == 0 and judge.is_settled:
            break
    assert family(judge.result(ASKED), case.family) is Judgement.FAIL


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case.name)
def test_no_harm_passes(case: Case) -> None:
    result = judged(spec(), *events(case, 800), ended(800))
    assert result.judgement is Judgement.PASS
    assert result.ending is Ending.EXHAUSTED


def test_the_log_gives_the_same_result_again() -> None:
    happened: list[Event] = [
        *(started(arm, 0, 10**8) for arm in range(3)),
        *events(SERIAL[0], 60),
        Unexercised(what="one processor"),
        ended(60),
    ]
    lines = [encode_event(event) for event in happened]
    again = [decode_event(line, "log") for line in lines]
    first = as_object(judged(spec(), *happened))
    assert first == as_object(judged(spec(), *again))
    assert first["unexercised"] == ["one processor"]


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=8), st.integers(1, 30))
def test_whatever_a_log_holds_is_judged_and_reported(happened: list[Event], times: int) -> None:
    rules = spec(protocols.JSON, rules=Rules(), starts=LEAST_STARTS, margins=Bounds(slow=0.5))
    result = judged(rules, *happened * times)
    json.dumps(as_object(result), allow_nan=False).encode()
    assert len(summary(result)) <= MOST_LINES
    assert ET.fromstring(junit(result, RAN)).tag == "testsuites"  # noqa: S314 - our own text
    assert page(result, None).startswith(b"<!DOCTYPE html>")


def test_times_that_no_clock_can_tell_apart_have_no_ratio() -> None:
    at_once = once(1, *[("200", b"{}")] * 3, seconds=0.0)
    hardly = replace(at_once.arms[0], intended=0.0, sent=0.0, finished=5e-324)
    arms = (replace(hardly, finished=1e9), hardly, replace(hardly, finished=1e9))
    result = judged(JSON, replace(at_once, arms=arms), ended(1))
    assert family(result, "median latency") is Judgement.INCONCLUSIVE
    assert result.stretches == ()


def test_a_run_settles_once_every_family_has_and_not_before() -> None:
    judge = Judge(spec=spec())
    assert not judge.is_settled
    for event in itertools.takewhile(lambda _: not judge.is_settled, events(UNCHANGED, 2_000)):
        judge.observe(event)
    assert 400 < judge.trial.outputs.requests < 1_000
    assert judge.result(ASKED).judgement is Judgement.INCONCLUSIVE, "it has not ended"


def test_a_tail_that_must_pass_keeps_a_run_going() -> None:
    judge = Judge(spec=spec(tail_blocks=True, rate=100.0))
    for event in events(UNCHANGED, 800):
        judge.observe(event)
    assert not judge.is_settled


def test_an_interrupted_run_does_not_pass_yet_may_fail() -> None:
    stopped = judged(spec(), *events(UNCHANGED, 800), ended(800, Ending.INTERRUPTED))
    assert stopped.judgement is Judgement.INCONCLUSIVE
    worse = judged(spec(), *events(SERIAL[0], 800), ended(800, Ending.INTERRUPTED))
    assert worse.judgement is Judgement.FAIL


@pytest.mark.parametrize(
    ("asked", "said"),
    [(4, "4 requests were asked, 3 were answered for"), (0, "no request was asked")],
)
def test_lost_requests_and_no_requests_are_invalid(asked: int, said: str) -> None:
    result = judged(spec(), *events(UNCHANGED, 3 if asked else 0), ended(asked))
    assert result.judgement is Judgement.INVALID
    assert worded(result.findings[0].reasons) == said


def test_a_broken_comparison_ends_at_once_and_is_invalid() -> None:
    judge = Judge(spec=spec())
    judge.observe(Broken(reason="the candidate never became ready"))
    assert judge.is_settled
    result = judge.result(ASKED)
    assert result.judgement is Judgement.INVALID
    assert worded(result.findings[0].reasons) == "the candidate never became ready"


def test_answers_and_failures_are_counted_for_each_arm() -> None:
    result = judged(
        JSON,
        once(1, ("200", b"{}"), ("200", b"{}"), ("500", b"")),
        once(2, ("200", b"{}"), ("503", b""), ("500", b"")),
        once(3, ("200", b"{}"), ("200", b"{}"), ("timed out", b"")),
        ended(3),
    )
    assert result.counts.succeeded == (3, 2, 0)
    assert result.counts.failed == ({}, {"503": 1}, {"500": 2, "timed out": 1})
    assert [worst.level for worst in result.worst] == ["outcome"] * 3
    assert result.worst[0].reasons == ("outcome 500, production 200",)


def test_a_replayed_request_is_counted_apart() -> None:
    first = once(1, ("200", b"1"), ("200", b"1"), ("200", b"2"))
    result = judged(JSON, first, replace(first, phase=Phase.REPLAY), ended(2))
    assert (result.counts.asked, result.counts.replayed) == (1, 1)
    assert len(result.worst) == 1


def test_what_took_no_time_is_compared_by_its_answer_alone() -> None:
    result = judged(JSON, once(1, *[("200", b"1")] * 3, seconds=0.0), ended(1))
    assert result.stretches == ()
    assert family(result, "outputs") is Judgement.INCONCLUSIVE


@pytest.mark.parametrize(("memory", "expected"), [(10**8, "PASS"), (2 * 10**8, "FAIL")])
def test_starts_compare_what_the_arms_use(memory: int, expected: str) -> None:
    starts = [
        started(arm, number, 10**8 if arm < 2 else memory)
        for number in range(LEAST_STARTS)
        for arm in range(3)
    ]
    result = judged(spec(starts=LEAST_STARTS), *events(UNCHANGED, 800), *starts, ended(800))
    assert result.judgement == expected
    assert {each.family for each in result.findings if not each.blocking} > {"memory"}


def test_an_open_loop_decides_the_tail() -> None:
    slow = replace(UNCHANGED, slower=lambda seconds, _: seconds + 0.5)
    rules = spec(rate=100.0, margins=replace(spec().margins, slow=0.1))
    serial = list(events(UNCHANGED, 300))
    opened = [
        replace(event, number=event.number + 300) for event in events(slow, 1_600, phase=Phase.OPEN)
    ]
    result = judged(rules, *serial, *opened, ended(1_900))
    assert family(result, "tail latency") is Judgement.FAIL
    assert family(result, "median latency") is Judgement.PASS
    (tail,) = (effect for effect in result.effects if effect.family == "tail latency")
    assert tail.low > tail.margin


def test_the_plots_have_their_data() -> None:
    result = judged(spec(), *events(HARMS[2], 1_500), ended(1_500))
    assert {effect.family for effect in result.effects} == {
        "outputs",
        "errors",
        "median latency",
        "tail latency",
    }
    assert {quantile.at for quantile in result.quantiles} >= {0.5, 0.9, 0.99}
    assert 0 < len(result.stretches) <= 60
    assert sum(count.count for count in result.flips) > 3
    assert [history.family for history in result.e_values] == [
        "outputs",
        "errors",
        "median latency",
        "tail latency",
    ]
    assert len(result.e_values[0].requests) < 256


def test_the_numbers_that_differ_most_are_shown_with_the_noise_of_production() -> None:
    jitter = next(case for case in BENIGN if "jitter" in case.name)
    doubled = next(case for case in HARMS if "doubled" in case.name)
    quiet = judged(spec(), *events(jitter, 100), ended(100))
    loud = judged(spec(), *events(doubled, 100), ended(100))
    assert loud.field == "outputs.score"
    assert quiet.noise[0] < 0 < quiet.noise[1]
    assert max(abs(d) for _, d in loud.differences) > 1e3 * loud.noise[1]


def test_what_production_changes_by_itself_is_proposed_as_volatile() -> None:
    unruled = spec(protocols.JSON, rules=Rules(volatile=frozenset()))
    result = judged(unruled, *events(Case(name="stamped", write=stamped), 300), ended(300))
    assert result.volatile == ("id", "parameters.timestamp")
    (found,) = (each for each in result.findings if each.family == "outputs")
    assert worded(found.reasons).startswith(
        "changes in production itself, declare it volatile: id;"
    )


def test_a_result_is_json_whatever_its_numbers() -> None:
    value = as_object(judged(spec()))
    assert value["format"] == 2
    assert value["judgement"] == "INCONCLUSIVE"
    infinite = [each["change"] for each in value["detectable"]]
    assert "inf" in infinite
    assert not any("_" in key for key in value)


def test_memory_of_a_long_run_has_bounds() -> None:
    judge = Judge(spec=spec())
    for event in itertools.chain(*[events(HARMS[2], 500)] * 3):
        judge.observe(event)
    result = judge.result(ASKED)
    assert len(result.differences) <= 408
    assert len(result.worst) <= MOST_WORST


def test_a_run_is_not_kept_open_for_a_tail_once_anything_failed() -> None:
    def seldom_slow(seconds: float, time: float) -> float:
        return seconds * (40 if time % 0.25 < 0.01 else 1)

    judge = Judge(spec=spec())
    for event in events(replace(UNCHANGED, slower=seldom_slow), 250):
        judge.observe(event)
    for event in events(UNCHANGED, 40):
        judge.observe(event)
    (tail,) = (each for each in judge.findings() if each.family == "tail latency")
    assert (tail.blocking, tail.judgement) == (True, Judgement.INCONCLUSIVE)
    good, wrong = ("200", b"{}"), ("500", b"{}")
    for number in range(700):
        judge.observe(once(number, good, good, good if number % 14 else wrong, seconds=0.0))
    assert judge.is_settled
