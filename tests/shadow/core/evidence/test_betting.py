import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.shadow.core.evidence.betting import BOLD, GENTLE, Vigil, Wealth, rarity
from harness.shadow.core.evidence.exact import trials_without_event


@given(st.lists(st.sampled_from([-1.0, 1.0]), max_size=200), st.sampled_from([GENTLE, BOLD]))
def test_wealth_is_the_mean_of_products(payoffs: list[float], stakes: tuple[float, ...]) -> None:
    wealth = Wealth(stakes)
    for payoff in payoffs:
        wealth.observe(payoff)
    expected = np.mean([np.prod([1 + stake * payoff for payoff in payoffs]) for stake in stakes])
    assert wealth.value == pytest.approx(float(expected))
    assert wealth.observations == len(payoffs)


def test_a_fair_coin_makes_no_one_rich() -> None:
    draws = np.random.default_rng(4).choice([-1.0, 1.0], size=(1_000, 300))
    rich = 0
    for row in draws.tolist():
        wealth = Wealth(BOLD)
        for payoff in row:
            wealth.observe(payoff)
        rich += wealth.peak >= 100
    assert rich <= 10


def test_the_peak_stays() -> None:
    wealth = Wealth([1.0])
    for payoff in (1.0, 1.0, -1.0, 1.0):
        wealth.observe(payoff)
    assert (wealth.value, wealth.peak) == (0, 4)


def test_wealth_beyond_a_double_is_large_and_not_an_error() -> None:
    wealth = Wealth([1.0])
    for _ in range(2_000):
        wealth.observe(1.0)
    assert 1e300 < wealth.value < math.inf


@pytest.mark.parametrize(("margin", "alpha"), [(0.01, 0.01), (0.001, 0.004)])
def test_silence_bets_nearly_as_well_as_the_exact_test(margin: float, alpha: float) -> None:
    wealth, least = rarity(margin), trials_without_event(margin, alpha)
    while wealth.value < 1 / alpha:
        wealth.observe(margin)
    assert least <= wealth.observations <= 1.2 * least


def test_a_rate_at_the_margin_passes_no_more_often_than_alpha() -> None:
    events = np.random.default_rng(5).random((300, 1_000)) < 0.05
    passed = 0
    for row in events.tolist():
        wealth = rarity(0.05)
        for event in row:
            wealth.observe(0.05 - event)
        passed += wealth.peak >= 100
    assert passed <= 3


def test_a_few_in_a_thousand_pass_a_margin_of_one_in_a_hundred_within_two_thousand() -> None:
    wealth = rarity(0.01)
    for number in range(2_000):
        wealth.observe(0.01 - (number % 600 == 100))
    assert wealth.value >= 1 / 0.004


@pytest.mark.parametrize("wins_of_three", [1, 2])
def test_a_vigil_neither_wins_nor_loses_in_expectation_while_the_null_holds(
    wins_of_three: int,
) -> None:
    """Over all sequences of ten payoffs, weighed by how likely the null makes them."""
    rate, expected = wins_of_three / 3, 0.0
    for wins in itertools.product([False, True], repeat=10):
        vigil = Vigil(BOLD)
        for win in wins:
            vigil.observe((1 - rate) / rate if win else -1)
        likely = rate ** sum(wins) * (1 - rate) ** (10 - sum(wins))
        expected += likely * vigil.value
    assert expected == pytest.approx(1)


def test_a_vigil_notices_what_comes_late_and_other_wealth_does_not() -> None:
    vigil, wealth = Vigil(BOLD), Wealth(BOLD)
    for payoff in [-1] * 1_000 + [1] * 50:
        vigil.observe(payoff)
        wealth.observe(payoff)
    assert vigil.value > 1e4
    assert wealth.value < 1e-6
    assert vigil.recent == vigil.most_recent > 1e10
