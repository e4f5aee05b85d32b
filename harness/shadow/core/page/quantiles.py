"""Quantile-ratio plot: how many times slower the candidate is, from its fastest to slowest answers.

A horizontal line is a candidate slower by a factor; one that rises on the right, a slow tail.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.chart import (
    LEFT,
    RIGHT,
    TOP,
    Figure,
    band,
    bottom_axis,
    left_axis,
    legend,
    line,
    shape,
)
from harness.render.html import numbers
from harness.render.quantity import change, number, seconds
from harness.render.scale import Scale, linear, logarithmic

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="quantiles",
    title="Latency ratio, by quantile",
    reading=(
        "The candidate's latency relative to production A; shaded: its interval. The "
        "dashed line is production B, the noise."
    ),
)
_BOTTOM = 232.0
_WRITTEN = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
_TWOFOLD = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """Latencies of the three arms in seconds at one quantile, between 0 and 1 and neither.

    `low` and `high` are the interval of the ratio of the candidate to A.
    """

    at: float
    a: float
    b: float
    c: float
    low: float
    high: float


def quantile_ratios(quantiles: Sequence[Quantile], margin: float) -> "ET.Element":
    """Return the plot of quantiles in ascending order; without any, why there is none."""
    if not quantiles:
        return _FIGURE.without("No latencies were measured.")
    first, last = quantiles[0].at, quantiles[-1].at
    x = linear((_logit(first), _logit(last)), LEFT, RIGHT)
    y = _vertical(quantiles, margin)
    ticks = [_logit(at) for at in _WRITTEN if first <= at <= last]
    limit = y(1 + margin)
    marks = [
        band([(x(_logit(q.at)), y(q.low), y(q.high)) for q in quantiles], "spread"),
        *bottom_axis(x, ticks, (TOP, _BOTTOM), "quantile", _percentile),
        *left_axis(y, LEFT, RIGHT, _relative),
        shape("line", x1=LEFT, x2=RIGHT, y1=y(1), y2=y(1)),
        shape("line", x1=LEFT, x2=RIGHT, y1=limit, y2=limit, class_="limit"),
        line([(x(_logit(q.at)), y(q.b / q.a)) for q in quantiles], "b"),
        line([(x(_logit(q.at)), y(q.c / q.a)) for q in quantiles], "c"),
        *legend((("b", "B / A"), ("c", "candidate / A"), ("limit", "margin")), _BOTTOM + 54),
    ]
    rows = [
        (_percentile(_logit(q.at)), *map(seconds, (q.a, q.b, q.c)), change(q.c / q.a - 1))
        for q in quantiles
    ]
    told = numbers(("quantile", "A", "B", "candidate", "candidate / A"), rows)
    return _FIGURE.drawn(_BOTTOM + 62, marks, told)


def _vertical(quantiles: Sequence[Quantile], margin: float) -> Scale:
    values = [1.0, 1 + margin]
    values += [value for q in quantiles for value in (q.b / q.a, q.c / q.a, q.low, q.high)]
    near = min(values) > 1 / _TWOFOLD and max(values) < _TWOFOLD
    return (linear if near else logarithmic)(values, _BOTTOM, TOP)


def _relative(ratio: float) -> str:
    return (
        change(round(ratio - 1, 9))
        if 1 / _TWOFOLD < ratio < _TWOFOLD
        else f"{number(ratio)}\N{MULTIPLICATION SIGN}"
    )


def _percentile(logit: float) -> str:
    """Return a quantile, given as its logit, as people call it: `p99.9`."""
    return f"p{number(100 / (1 + math.exp(-logit)), 4)}"


def _logit(share: float) -> float:
    """Return log(p / (1 - p)): both tails are stretched, as on probability paper."""
    return math.log(share / (1 - share))
