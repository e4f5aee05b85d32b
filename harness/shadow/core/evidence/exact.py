"""Exact inference about rates: no normal approximation, no table.

Tails of the binomial distribution are regularised incomplete beta functions (DLMF 8.17), from a
continued fraction; bounds on a rate are found in them by halving.
"""

import math
from collections.abc import Callable
from functools import lru_cache

_SMALLEST = 1e-300
_PRECISION = 1e-14
_HALVINGS = 60


def at_least(successes: int, trials: int, rate: float) -> float:
    """Return the probability of `successes` or more in `trials` independent trials."""
    if successes <= 0:
        return 1.0
    return 0.0 if successes > trials else _beta(successes, trials - successes + 1, rate)


def at_most(successes: int, trials: int, rate: float) -> float:
    """Return the probability of `successes` or fewer in `trials` independent trials."""
    if successes >= trials:
        return 1.0
    return 0.0 if successes < 0 else _beta(trials - successes, successes + 1, 1 - rate)


@lru_cache(maxsize=4096)
def upper_bound(successes: int, trials: int, alpha: float) -> float:
    """Return the one-sided upper limit on the rate at confidence 1 - alpha (Clopper, Pearson 1934).

    Nothing seen in no trials bounds nothing: 1.
    """
    if successes >= trials:
        return 1.0
    return _halve(lambda rate: at_most(successes, trials, rate) > alpha)


def lower_bound(successes: int, trials: int, alpha: float) -> float:
    """Return the one-sided lower limit on the rate at confidence 1 - alpha (Clopper, Pearson)."""
    return 1 - upper_bound(trials - successes, trials, alpha) if successes else 0.0


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p-value of McNemar's test (1947) on the discordant pairs."""
    trials = first_only + second_only
    return min(1.0, 2 * at_least(max(first_only, second_only), trials, 0.5))


def trials_without_event(rate: float, alpha: float) -> int:
    """Return how many trials without an event bound its rate below `rate` at 1 - alpha.

    459 for 1 % and 4,603 for 0.1 %, at 99 %.
    """
    return math.ceil(math.log(alpha) / math.log1p(-rate))


def _halve(low_enough: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if low_enough(middle) else (low, middle)
    return high


def _beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for a and b above 0."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(scale + a * math.log(x) + b * math.log1p(-x)) * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of DLMF 8.17.22 from its head, by Lentz's method."""
    value = denominator = 1 / _nonzero(1 - (a + b) * x / (a + 1))
    numerator, m, change = 1.0, 0, 0.0
    while abs(change - 1) > _PRECISION:
        m, change = m + 1, 1.0
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            denominator = 1 / _nonzero(1 + step * denominator)
            numerator = _nonzero(1 + step / numerator)
            change = denominator * numerator
            value *= change
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _SMALLEST else _SMALLEST
