import numpy as np
import pytest
from scipy.special import logit

from harness.shadow.core.page.quantiles import Quantile, quantile_ratios
from tests.shadow.core.page.drawings import path, places, rows, shapes, texts


def _quantile(at: float, ratio: float) -> Quantile:
    return Quantile(at=at, a=0.01, b=0.0101, c=0.01 * ratio, low=ratio * 0.9, high=ratio * 1.1)


def test_quantiles_stand_as_on_probability_paper() -> None:
    at = [0.1, 0.5, 0.9, 0.99]
    plot = quantile_ratios([_quantile(each, 1.2) for each in at], 0.05)
    (line,) = [path(shape) for shape in shapes(plot, "c") if shape.tag == "polyline"]
    across = [x for x, _ in line]
    expected = np.interp(logit(at), logit([at[0], at[-1]]), [across[0], across[-1]])
    assert across == pytest.approx(expected, abs=0.1)


def test_ratios_stand_where_interpolation_puts_them() -> None:
    plot = quantile_ratios([_quantile(0.1, 1.0), _quantile(0.9, 1.2)], 0.1)
    (line,) = [path(shape) for shape in shapes(plot, "c") if shape.tag == "polyline"]
    limit = next(y for x, y in places(plot, "limit", "x2", "y1") if x > 400)
    assert limit == pytest.approx((line[0][1] + line[1][1]) / 2, abs=0.1)
    assert texts(plot)[:4] == ["p10", "p50", "p90", "quantile"]
    assert "+10%" in texts(plot)


def test_many_times_slower_is_told_as_a_factor() -> None:
    plot = quantile_ratios([_quantile(0.5, 1), _quantile(0.99, 180)], 0.05)
    assert {"1\N{MULTIPLICATION SIGN}", "0%"} & {*texts(plot)} == {"0%"}
    assert "100\N{MULTIPLICATION SIGN}" in texts(plot)


def test_latencies_are_told_in_a_table() -> None:
    plot = quantile_ratios([_quantile(0.999, 1.5)], 0.05)
    assert rows(plot) == [["p99.9", "10 ms", "10.1 ms", "15 ms", "+50%"]]


def test_without_latencies_it_says_so() -> None:
    assert "No latencies" in "".join(quantile_ratios([], 0.05).itertext())
