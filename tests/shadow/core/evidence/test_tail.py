from collections.abc import Callable

import numpy as np
import pytest

from harness.shadow.core.evidence.tail import LEAST, PILOT, TailLatency
from harness.shadow.core.wording import worded
from harness.verdict import Judgement

FEW = "of so few requests nothing could have been shown, 341 are needed"


def judged(
    shares: tuple[float, float, float], count: int, threshold: float | None = 1.0
) -> TailLatency:
    """Return what is made of arms of which each is slow in a share of all requests."""
    test = TailLatency(threshold=threshold)
    slow = np.random.default_rng(3).random((count, 3)) < np.array(shares)
    for row in np.where(slow, 2.0, 0.5).tolist():
        test.observe(*row)
    return test


def test_more_slow_requests_fail() -> None:
    found = judged((0.01, 0.01, 0.05), 6_000).finding()
    assert found.judgement is Judgement.FAIL
    assert "took over 1000.1 ms" in worded(found.reasons)
    assert "of production's over 1000.0" in worded(found.reasons)
    assert worded(found.reasons).endswith("; more than in production")


def test_as_many_slow_requests_pass() -> None:
    test = judged((0.01, 0.01, 0.01), 10_000)
    assert test.judgement is Judgement.PASS
    assert worded(test.finding().reasons).endswith("; less than 1.0% more than in production")


def test_few_requests_pass_nothing() -> None:
    test = judged((0.0, 0.0, 0.0), LEAST - 1)
    assert test.finding().judgement is Judgement.INCONCLUSIVE
    assert worded(test.finding().reasons).endswith("; PASS needs 2000 that are compared")
    test.observe(0.5, 0.5, 0.5)
    assert test.finding().judgement is Judgement.PASS


def test_a_single_long_pause_is_one_event_and_no_alarm() -> None:
    test = TailLatency(threshold=1.0)
    for number in range(1_500):
        test.observe(0.5, 0.5, 2.0 if 300 <= number < 700 else 0.5)
    assert test.judgement is Judgement.INCONCLUSIVE
    assert test.slow == [0, 0, 400]


def test_pauses_that_come_back_fail() -> None:
    test = TailLatency(threshold=1.0)
    for number in range(15_000):
        test.observe(0.5, 0.5, 2.0 if number % 1_000 < 100 else 0.5)
    assert test.judgement is Judgement.FAIL


@pytest.mark.parametrize("candidate", [0.01, 0.1])
def test_production_with_more_slow_requests_than_itself_proves_nothing(candidate: float) -> None:
    found = judged((0.01, 0.1, candidate), 6_000).finding()
    assert found.judgement is Judgement.INCONCLUSIVE
    assert worded(found.reasons).endswith("; one production arm has more than the other")


def test_enough_requests_that_prove_nothing_say_what_is_missing() -> None:
    found = judged((0.2, 0.2, 0.21), LEAST + 150).finding()
    assert found.judgement is Judgement.INCONCLUSIVE
    said, _, evidence = worded(found.reasons).rpartition(" ")
    assert said.endswith("; PASS needs evidence of 667, this is")
    assert float(evidence) < 667


def test_every_slow_request_is_counted_also_of_the_last_block() -> None:
    test = judged((0.0, 0.0, 1.0), 150)
    assert (test.requests, test.slow) == (150, [0, 0, 150])


def test_without_latencies_nothing_is_said_of_them() -> None:
    assert worded(TailLatency(threshold=1.0).finding().reasons) == f"{FEW}; no latency was compared"


def test_without_a_threshold_it_is_productions_own_99th_percentile() -> None:
    test = TailLatency()
    values = np.random.default_rng(1).random((PILOT, 2))
    for a, b in values[:-1].tolist():
        test.observe(a, b, 9.0)
    said = f"{FEW}; 499 latencies are known, the threshold is fixed after 500"
    assert worded(test.finding().reasons) == said
    a, b = values[-1].tolist()
    test.observe(a, b, 9.0)
    assert test.threshold == pytest.approx(np.quantile(values, 0.99), abs=0.01)
    assert test.requests == 0


def test_the_tail_does_not_block_the_whole() -> None:
    assert not TailLatency().finding().blocking


def asked_in_turn(slow: Callable[[int], float], count: int) -> TailLatency:
    """Return what is made of a candidate that takes so many times as long with each request."""
    test = TailLatency(threshold=10.0)
    noise = np.random.default_rng(5).lognormal(0, 0.09, (count, 3)).tolist()
    for number, (a, b, c) in enumerate(noise):
        test.observe(a, b, c * slow(number))
        test.observe_in_turn(a, b, c * slow(number))
    return test


@pytest.mark.parametrize("one_in", [12, 25, 50])
def test_requests_that_the_candidate_alone_is_slow_with_fail_without_a_threshold(
    one_in: int,
) -> None:
    found = asked_in_turn(lambda n: 1 if n % one_in else 70, 1_000).finding()
    assert found.judgement is Judgement.FAIL
    assert found.blocking
    assert worded(found.reasons).startswith(
        "the candidate alone took over 5 times as long as both others"
    )


def test_evidence_that_grows_keeps_a_run_from_passing() -> None:
    found = asked_in_turn(lambda n: 1 if n % 25 else 70, 250).finding()
    assert (found.judgement, found.blocking) == (Judgement.INCONCLUSIVE, True)


def test_a_tail_that_had_passed_fails_later() -> None:
    test = asked_in_turn(lambda n: 1 if n < 2_500 or n % 25 else 70, 3_300)
    assert test.judgement is Judgement.FAIL
    before = asked_in_turn(lambda n: 1 if n < 2_500 else 70, 2_600)
    assert before.judgement is Judgement.PASS
