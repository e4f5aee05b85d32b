import math

import numpy as np
import pytest
from scipy import stats

from harness.shadow.core.evidence.betting import GENTLE, Wealth
from harness.shadow.core.evidence.detectable import smallest_share, smallest_slowdown


@pytest.mark.parametrize(("requests", "share"), [(459, 0.01), (4_603, 0.001), (46_000, 1e-4)])
def test_a_share_is_met_at_least_once(requests: int, share: float) -> None:
    found = smallest_share(requests)
    assert found == pytest.approx(share, rel=0.01)
    assert float(stats.binom.sf(0, requests, found)) == pytest.approx(0.99)


def test_no_request_detects_nothing() -> None:
    assert smallest_share(0) == 1
    assert smallest_slowdown(0, 0.127, 0.05, 0.0015) == math.inf


def test_too_few_requests_detect_no_slowdown() -> None:
    assert smallest_slowdown(10, 0.127, 0.05, 0.0015) == math.inf


def test_about_half_of_all_runs_detect_the_smallest_slowdown() -> None:
    requests, spread, margin, alpha = 400, 0.127, 0.05, 0.0015
    slowdown = smallest_slowdown(requests, spread, margin, alpha)
    noise = np.random.default_rng(9).normal(math.log1p(slowdown), spread, (200, requests))
    found = 0
    for row in noise.tolist():
        wealth = Wealth(GENTLE)
        for ratio in row:
            wealth.observe(1 if ratio > math.log1p(margin) else -1)
        found += wealth.peak >= 1 / alpha
    assert 0.45 <= found / 200 <= 0.8
