"""E-values against the number of requests, a panel a family, with what it takes to be judged.

An e-value is how many times a bettor has multiplied his stake by betting on "worse", or on "no
worse than the margin"; where it reaches its threshold, the family is settled.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.chart import Figure, bottom_axis, left_axis, legend, line, shape
from harness.render.html import numbers
from harness.render.quantity import number
from harness.render.scale import linear, logarithmic

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="e-values",
    title="E-values, as requests came in",
    reading=(
        "Solid: that the candidate is worse; dashed: that it is no worse than the margin. "
        "At the red line, a family is settled."
    ),
)
_COLUMNS = 2
_HEIGHT, _ROW, _COLUMN = 122.0, 190.0, 222.0
_FLOOR, _ROOF = 1e-3, 1e3
"""How far below 1 is shown, and how far above the threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EValues:
    """A family's e-values after so many requests, and the threshold that settles it."""

    family: str
    threshold: float
    requests: Sequence[int]
    against: Sequence[float]
    in_favour: Sequence[float]


def e_values_over_requests(families: Sequence[EValues]) -> "ET.Element":
    """Return the plot; without any request in any family, why there is none."""
    shown = [family for family in families if family.requests]
    if not shown:
        return _FIGURE.without("No request was judged.")
    marks = [mark for place, family in enumerate(shown) for mark in _panel(family, place)]
    bottom = math.ceil(len(shown) / _COLUMNS) * _ROW
    marks += legend(
        (("c", "worse"), ("a dashes", "no worse"), ("limit", "settled")), bottom + 16, 20.0
    )
    rows = [
        (
            f.family,
            f"{f.requests[-1]:,}",
            number(f.against[-1]),
            number(f.in_favour[-1]),
            number(f.threshold),
        )
        for f in shown
    ]
    told = numbers(("family", "requests", "worse", "no worse", "settled at"), rows)
    return _FIGURE.drawn(bottom + 24, marks, told)


def _panel(family: EValues, place: int) -> Iterator["ET.Element"]:
    row, column = divmod(place, _COLUMNS)
    left = 44.0 + column * _COLUMN
    top = 24.0 + row * _ROW
    bottom, right = top + _HEIGHT, left + 158.0
    roof = family.threshold * _ROOF
    inside = [min(max(v, _FLOOR), roof) for v in (*family.against, *family.in_favour)]
    x = linear((0, *family.requests), left, right)
    y = logarithmic([1.0, family.threshold, *inside], bottom, top)
    yield shape("text", family.family, x=left, y=top - 8, class_="strong")
    yield from bottom_axis(x, x.ticks(2), (top, bottom), "requests", number)
    yield from left_axis(y, left, right, number, count=4)
    limit = y(family.threshold)
    yield shape("line", x1=left, x2=right, y1=limit, y2=limit, class_="limit")
    for values, class_ in ((family.in_favour, "a dashes"), (family.against, "c")):
        points = zip(family.requests, values, strict=True)
        yield line(((x(n), y(value)) for n, value in points), class_)
