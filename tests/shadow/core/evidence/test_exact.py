import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.shadow.core.evidence import exact

TRIALS = st.integers(0, 50_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(TRIALS, st.floats(0, 1))
def test_tails_are_those_of_the_binomial_distribution(counts: tuple[int, int], rate: float) -> None:
    seen, trials = counts
    at_least = float(stats.binom.sf(seen - 1, trials, rate))
    assert exact.at_least(seen, trials, rate) == pytest.approx(at_least, rel=1e-6, abs=1e-12)
    at_most = float(stats.binom.cdf(seen, trials, rate))
    assert exact.at_most(seen, trials, rate) == pytest.approx(at_most, rel=1e-6, abs=1e-12)


def test_impossible_counts_have_no_probability() -> None:
    assert exact.at_least(3, 2, 0.5) == 0
    assert exact.at_most(-1, 2, 0.5) == 0


@pytest.mark.parametrize(("seen", "trials"), [(0, 30), (1, 30), (7, 1000), (30, 30), (29, 30)])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.0015])
def test_bounds_are_clopper_and_pearsons(seen: int, trials: int, alpha: float) -> None:
    interval = stats.binomtest(seen, trials).proportion_ci(1 - 2 * alpha, method="exact")
    assert exact.upper_bound(seen, trials, alpha) == pytest.approx(interval.high, abs=1e-9)
    assert exact.lower_bound(seen, trials, alpha) == pytest.approx(interval.low, abs=1e-9)


def test_nothing_is_known_without_trials() -> None:
    assert (exact.lower_bound(0, 0, 0.01), exact.upper_bound(0, 0, 0.01)) == (0, 1)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 9), (9, 0), (5, 5), (12, 3)])
def test_mcnemar_is_a_sign_test_on_discordant_pairs(first: int, second: int) -> None:
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert exact.mcnemar(first, second) == pytest.approx(expected)


@pytest.mark.parametrize(("rate", "alpha", "trials"), [(0.01, 0.01, 459), (0.001, 0.01, 4603)])
def test_silence_bounds_a_rate(rate: float, alpha: float, trials: int) -> None:
    assert exact.trials_without_event(rate, alpha) == trials
    assert exact.upper_bound(0, trials, alpha) <= rate < exact.upper_bound(0, trials - 1, alpha)
