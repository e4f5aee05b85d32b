"""The smallest change that could have been detected, so a PASS tells what it leaves open."""

import math
from statistics import NormalDist

from harness.shadow.core.evidence.betting import GENTLE


def smallest_share(requests: int, confidence: float = 0.99) -> float:
    """Return the share of requests of which at least one was met with this confidence; 1 for none.

    One is enough: a difference that comes back in replay is settled by replaying it.
    """
    return 1 - (1 - confidence) ** (1 / requests) if requests else 1.0


def smallest_slowdown(requests: int, spread: float, margin: float, alpha: float) -> float:
    """Return the ratio of medians, less 1, at which wealth is expected to reach 1 / alpha.

    `spread` is the standard deviation of log(C / A), taken for normal; infinite if so few requests
    cannot reach it. Half of all comparisons of this length need a larger change.
    """
    needed = (math.log(len(GENTLE)) - math.log(alpha)) / requests if requests else math.inf
    shares = (_share_of_wins(stake, needed) for stake in GENTLE)
    share = min((share for share in shares if share < 1), default=1.0)
    if share >= 1:
        return math.inf
    return (1 + margin) * math.exp(spread * NormalDist().inv_cdf(share)) - 1


def _share_of_wins(stake: float, growth: float) -> float:
    """Return the share of wins at which this stake grows so much a request, in logarithms."""
    return (growth - math.log1p(-stake)) / (math.log1p(stake) - math.log1p(-stake))
