import itertools

import numpy as np
import pytest

from harness.shadow.core.evidence.alone import BLOCK, LEAST, Alone, smallest_slow_share


def test_arms_that_are_alike_are_each_as_often_slow_alone_and_nobody_gets_rich() -> None:
    rich = 0
    for seed in range(40):
        test = Alone(margin=0.0, floor=0.0)
        for seconds in np.random.default_rng(seed).lognormal(0, 0.5, (700, 3)).tolist():
            test.observe(tuple(seconds))
        rich += test.value >= 100
        a, b, c = test.slow[0]
        assert c == pytest.approx((a + b) / 2, rel=0.5)
    assert rich <= 1


def test_what_the_floor_and_the_margin_forgive_is_not_slow() -> None:
    test = Alone(margin=0.05, floor=1e-4)
    for seconds in itertools.repeat((3e-4, 3e-4, 4.5e-4), LEAST):
        test.observe(seconds)
    assert test.value == 1


def test_of_latencies_that_no_clock_tells_nothing_is_said() -> None:
    test = Alone(floor=0.0)
    bets = [test.observe((0.0, 0.0, 0.0)) for _ in range(2 * BLOCK)]
    assert bets.count(True) == 1
    assert test.slow[0] == [0, 0, BLOCK]


def test_few_requests_could_have_shown_nothing_and_many_a_small_share() -> None:
    assert smallest_slow_share(0) == smallest_slow_share(LEAST - 1) == 1
    assert smallest_slow_share(LEAST) == 1
    assert 0.01 < smallest_slow_share(700) < 0.03
    assert smallest_slow_share(2_000) < 0.01


def test_a_candidate_that_is_slower_throughout_is_not_slow_alone() -> None:
    test = Alone()
    for a, b, c in np.random.default_rng(5).lognormal(0, 0.09, (2_000, 3)).tolist():
        test.observe((a, b, 1.3 * c))
    assert test.value < 2
