"""Bland-Altman plot: by how much an answered value moved, against how large it is.

Points in the band moved as much as production does between its own two arms. A slope is a factor, a
shifted cloud an offset, lines are rounding (Bland and Altman 1986).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.render.chart import LEFT, RIGHT, TOP, Figure, Point, bottom_axis, left_axis, shape
from harness.render.html import numbers
from harness.render.quantity import apart, number, plural
from harness.render.scale import LARGEST, linear

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="bland-altman",
    title="Answered values: difference against size",
    reading=(
        "A point: one answered number, the candidate's less production A's. Shaded: how far "
        "production is from itself."
    ),
)
_BOTTOM = 232.0
_WRITTEN = 20
_ACROSS = "mean of production A and candidate"


def bland_altman(points: Sequence[Point], noise: tuple[float, float]) -> "ET.Element":
    """Return the plot of (mean of A and candidate, candidate - A); without any, why there is none.

    `noise` is the range of B - A. Points that are not finite, or too large to draw, are counted.
    """
    shown = [point for point in points if all(abs(value) <= LARGEST for value in point)]
    if not shown:
        return _FIGURE.without("No numbers were answered by production and candidate.")
    x = linear((mean for mean, _ in shown), LEFT, RIGHT)
    y = linear([0.0, *noise, *(moved for _, moved in shown)], _BOTTOM, TOP)
    top, bottom = y(noise[1]), y(noise[0])
    marks = [
        shape(
            "rect", x=LEFT, y=top, width=RIGHT - LEFT, height=max(bottom - top, 1), class_="noise"
        ),
        *bottom_axis(x, x.ticks(5), (TOP, _BOTTOM), _ACROSS, apart(x.ticks(5))),
        *left_axis(y, LEFT, RIGHT, apart(y.ticks(5))),
        shape("line", x1=LEFT, x2=RIGHT, y1=y(0), y2=y(0)),
        *(shape("circle", cx=x(mean), cy=y(moved), r=2.6, class_="dot") for mean, moved in shown),
    ]
    left_out = len(points) - len(shown)
    more = f" {plural(left_out, 'point')} not finite, or too large to draw." if left_out else ""
    farthest = sorted(shown, key=lambda point: -abs(point[1]))[:_WRITTEN]
    rows = [tuple(map(number, point)) for point in farthest]
    told = numbers(("mean", "difference (the largest)"), rows)
    return _FIGURE.drawn(_BOTTOM + 40, marks, told, more)
