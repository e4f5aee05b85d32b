import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.signal import lfilter

from harness.shadow.core.evidence.latency import BLOCKS, LEAST, MOST_STARTS, MedianLatency
from harness.shadow.core.wording import worded
from harness.verdict import Judgement

NOISE = 0.09


def latencies(
    seed: int,
    *,
    slower: float = 1.0,
    dependence: float = 0.0,
    other: float = 1.0,
    count: int = 2_000,
) -> Iterator[tuple[float, float, float]]:
    """Yield the seconds of three arms, whose noise is autoregressive of the first order."""
    fresh = np.random.default_rng(seed).standard_normal((3, count + 100))
    noise = lfilter([math.sqrt(1 - dependence**2)], [1, -dependence], fresh)[:, 100:]
    for a, b, c in np.exp(NOISE * noise).T.tolist():
        yield a, b * other, c * slower


def judged(stream: Iterator[tuple[float, float, float]]) -> MedianLatency:
    test = MedianLatency()
    for seconds in stream:
        test.observe(*seconds)
        if test.wants_restart:
            test.restart()
    return test


@pytest.mark.parametrize(
    ("slower", "expected", "requests"),
    [
        (1.0, Judgement.PASS, 250),
        (1.1, Judgement.FAIL, 1_100),
        (1.6, Judgement.FAIL, 250),
        (5.0, Judgement.FAIL, LEAST),
    ],
)
def test_settles_in_a_few_hundred_requests(
    slower: float, expected: Judgement, requests: int
) -> None:
    runs = [judged(latencies(seed, slower=slower, count=1_500)) for seed in range(10)]
    assert {run.judgement for run in runs} == {expected}
    assert np.median([run.settled_after for run in runs]) <= requests


@pytest.mark.parametrize(
    ("later", "expected"),
    [(0.00009, Judgement.PASS), (0.0001, Judgement.INCONCLUSIVE), (0.00014, Judgement.FAIL)],
)
def test_a_fast_service_may_lose_a_tenth_of_a_millisecond(
    later: float, expected: Judgement
) -> None:
    run = judged(itertools.repeat((0.0, 0.0, later), 200))
    assert run.judgement is expected
    assert "both 5% and 0.1 ms" in worded(run.finding().reasons)


@pytest.mark.parametrize(
    ("b", "expected"), [(0.00059, Judgement.PASS), (0.00061, Judgement.INCONCLUSIVE)]
)
@pytest.mark.parametrize("swapped", [False, True])
def test_production_may_differ_from_itself_by_the_floor(
    b: float, expected: Judgement, swapped: bool
) -> None:
    arms = (b, 0.0005, b) if swapped else (0.0005, b, 0.0005)
    assert judged(itertools.repeat(arms, 700)).judgement is expected


def test_a_service_of_half_a_millisecond_passes_beside_a_load() -> None:
    def loaded(seed: int) -> Iterator[tuple[float, float, float]]:
        """A client's own 20 us, and 25 us that one container has more than the other."""
        draw = np.random.default_rng(seed)
        for a, b, c in latencies(seed):
            own = draw.exponential(2e-5, 3).tolist()
            yield a * 5e-4 + own[0], b * 5e-4 + own[1] + 2.5e-5, c * 5e-4 + own[2] + 2.5e-5

    runs = [judged(loaded(seed)) for seed in range(20)]
    assert {run.judgement for run in runs} == {Judgement.PASS}


@pytest.mark.parametrize(("slower", "expected"), [(1.0, Judgement.PASS), (1.1, Judgement.FAIL)])
def test_at_two_milliseconds_a_tenth_is_still_told(slower: float, expected: Judgement) -> None:
    streams = (latencies(seed, slower=slower, count=2_000) for seed in range(10))
    runs = [judged((2e-3 * a, 2e-3 * b, 2e-3 * c) for a, b, c in each) for each in streams]
    assert {run.judgement for run in runs} == {expected}


def test_at_the_margin_nothing_is_said() -> None:
    runs = [judged(latencies(seed, slower=1.05, count=500)) for seed in range(20)]
    assert sum(run.judgement is not Judgement.INCONCLUSIVE for run in runs) <= 1


@pytest.mark.parametrize("dependence", [0.5, 0.8])
def test_neighbours_that_depend_make_blocks_longer_and_no_alarm(dependence: float) -> None:
    runs = [judged(latencies(seed, slower=1.05, dependence=dependence)) for seed in range(20)]
    assert sum(run.judgement is Judgement.FAIL for run in runs) <= 1
    assert all(run.block > 1 for run in runs)
    assert np.mean([run.dependence for run in runs]) == pytest.approx(dependence, abs=0.1)


def test_dependence_that_never_fades_takes_the_longest_blocks() -> None:
    a_then_b = itertools.chain(itertools.repeat((1.0, 1.1, 1.0), 150))
    run = judged(a_then_b)
    assert run.block == BLOCKS[-1]


def test_production_arms_that_are_unlike_need_other_starts_and_prove_nothing() -> None:
    run = MedianLatency()
    for seconds in latencies(1, other=1.2, count=600):
        run.observe(*seconds)
    assert (run.judgement, run.wants_restart) == (Judgement.INCONCLUSIVE, True)
    assert "of 0 more starts of all arms" in worded(run.finding().reasons)


def starts(seed: int, luck: float, slower: float = 1.0) -> MedianLatency:
    """Return what is made of arms of which each start has a level of its own."""
    draw, run = np.random.default_rng(seed), MedianLatency()
    level = np.exp(luck * draw.standard_normal(3)).tolist()
    for number, (a, b, c) in enumerate(latencies(seed), 1):
        run.observe(level[0] * a, level[1] * b, level[2] * c * slower)
        if number % 100 == 0 and run.wants_restart:
            run.restart()
            level = np.exp(luck * draw.standard_normal(3)).tolist()
    return run


def test_the_luck_of_starts_is_no_alarm() -> None:
    runs = [starts(seed, 0.08) for seed in range(10)]
    assert Judgement.FAIL not in {run.judgement for run in runs}


def test_a_candidate_that_is_slower_start_after_start_fails() -> None:
    runs = [starts(seed, 0.02, slower=1.2) for seed in range(4)]
    assert {run.judgement for run in runs} == {Judgement.FAIL}
    assert "it was the slowest by more than that in" in worded(runs[0].finding().reasons)


def test_starts_that_are_as_often_faster_pass() -> None:
    runs = [starts(seed, 0.03) for seed in range(12)]
    assert [run.judgement for run in runs].count(Judgement.PASS) > 4
    assert any(run.starts for run in runs if run.judgement is Judgement.PASS)


def test_no_more_than_so_many_starts_are_wanted() -> None:
    run = judged(latencies(1, other=1.2, count=4_000))
    assert run.starts is not None
    assert (run.starts.ended, run.wants_restart) == (MOST_STARTS, False)


def test_of_these_starts_alone_it_can_be_told_which_is_slower() -> None:
    run = MedianLatency(by_starts=False)
    for seconds in latencies(1, slower=1.1, count=500):
        run.observe(*seconds)
    assert (run.judgement, run.wants_restart) == (Judgement.FAIL, False)


def test_equal_latencies_are_not_slower() -> None:
    run = judged(itertools.repeat((1.0, 1.0, 1.0), LEAST))
    assert (run.judgement, run.dependence) == (Judgement.PASS, 0)


def test_the_first_requests_settle_nothing() -> None:
    run = judged(itertools.repeat((1.0, 1.0, 9.0), LEAST - 1))
    assert run.judgement is Judgement.INCONCLUSIVE
    assert (
        worded(run.finding().reasons) == f"{LEAST - 1} latencies were compared, {LEAST} are needed"
    )
    run.observe(1.0, 1.0, 9.0)
    found = run.finding()
    assert (found.judgement, found.requests, found.family) == (
        Judgement.FAIL,
        LEAST,
        "median latency",
    )
    assert found.against > 666 > found.in_favour


def after(stream: Iterator[tuple[float, float, float]], requests: int) -> MedianLatency:
    """Return what is made of a stream whose candidate is five times slower after so many."""
    return judged(
        (a, b, c * (1 if number < requests else 5)) for number, (a, b, c) in enumerate(stream)
    )


@pytest.mark.parametrize("requests", [200, 600, 1_900])
def test_a_candidate_that_is_slower_later_fails_although_it_had_passed(requests: int) -> None:
    runs = [after(latencies(seed), requests) for seed in range(5)]
    assert {run.judgement for run in runs} == {Judgement.FAIL}
    assert all(run.settled_after < requests + 50 for run in runs)


@pytest.mark.parametrize("last", [1, 2, 5])
def test_a_run_does_not_pass_upon_slow_requests(last: int) -> None:
    runs = [after(latencies(seed, count=700), 700 - last) for seed in range(20)]
    assert Judgement.PASS not in {run.judgement for run in runs}
    assert worded(runs[0].finding().reasons).endswith("its latest requests are slow")


def test_a_stretch_that_is_slow_beyond_chance_is_not_forgotten() -> None:
    stream = latencies(1, count=1_500)
    run = judged(
        (a, b, c * (1.5 if 300 <= number < 320 else 1)) for number, (a, b, c) in enumerate(stream)
    )
    assert run.judgement is Judgement.INCONCLUSIVE
    assert worded(run.finding().reasons).endswith("and for a stretch of requests it was")


def test_a_pass_that_was_held_back_is_given_once_requests_are_as_fast_again() -> None:
    stream = latencies(1, count=700)
    slow = (300, 301)
    run = judged(
        (a, b, c * (9 if number in slow else 1)) for number, (a, b, c) in enumerate(stream)
    )
    assert run.judgement is Judgement.PASS
