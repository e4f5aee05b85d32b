"""Forest plot: how much worse the candidate is in each family, beside what would be too much.

Families differ in their units, so all are drawn in units of their margin: 0 is production, 1 is the
margin. An interval left of 1 is a PASS, one right of 1 a FAIL.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.chart import RIGHT, TOP, Figure, bottom_axis, line, shape
from harness.render.html import numbers
from harness.render.quantity import change, number
from harness.render.scale import Linear

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="forest",
    title="How much worse, by family",
    reading=(
        "Interval of the candidate's effect in units of its margin: left of the dashed "
        "line passes, right of it fails. Shaded: production against itself."
    ),
)
_ROW = 46.0
_LOW, _HIGH = -1.5, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How much worse the candidate is: relative, or a share of requests; positive is worse.

    `noise` is the interval of production B against production A, where it was measured.
    """

    family: str
    effect: float
    low: float
    high: float
    margin: float
    noise: tuple[float, float] | None = None


def forest(effects: Sequence[Effect]) -> "ET.Element":
    """Return the plot; without effects, why there is none."""
    if not effects:
        return _FIGURE.without("Nothing was measured.")
    bottom = TOP + _ROW * len(effects)
    x = Linear(low=_LOW, high=_HIGH, start=16.0, end=RIGHT)
    marks = [
        *bottom_axis(x, x.ticks(5), (TOP, bottom), "effect in units of its margin", number),
        shape("line", x1=x(0), x2=x(0), y1=TOP, y2=bottom),
        shape("line", x1=x(1), x2=x(1), y1=TOP, y2=bottom, class_="limit"),
        shape("text", "margin", x=x(1) + 4, y=TOP - 3, class_="soft"),
    ]
    for place, effect in enumerate(effects):
        marks += _row(effect, x, TOP + _ROW * place)
    rows = [(e.family, change(e.effect), *map(change, (e.low, e.high, e.margin))) for e in effects]
    told = numbers(("family", "effect", "at least", "at most", "margin"), rows)
    return _FIGURE.drawn(bottom + 40, marks, told)


def _row(effect: Effect, x: Linear, top: float) -> Iterator["ET.Element"]:
    low, middle, high = (
        value / effect.margin for value in (effect.low, effect.effect, effect.high)
    )
    y = top + 31
    if effect.noise:
        start, end = (x(value / effect.margin) for value in effect.noise)
        yield shape("rect", x=start, y=y - 9, width=max(end - start, 1), height=18, class_="noise")
    yield shape("text", effect.family, x=x.start, y=top + 14, class_="strong")
    said = f"{change(effect.effect)} ({change(effect.low)} to {change(effect.high)})"
    yield shape("text", said, x=RIGHT, y=top + 14, class_="end")
    yield shape("line", x1=x(low), x2=x(high), y1=y, y2=y, class_="c")
    for value, way in ((low, -1), (high, 1)):
        yield _end(x(value), y, way if not x.low <= value <= x.high else 0)
    if x.low <= middle <= x.high:
        yield shape("circle", cx=x(middle), cy=y, r=5, class_="dot")


def _end(x: float, y: float, beyond: int) -> "ET.Element":
    """Return the end of an interval: a tick, or an arrow where it goes on beyond the plot."""
    if not beyond:
        return shape("line", x1=x, x2=x, y1=y - 5, y2=y + 5, class_="c")
    back = x - 7 * beyond
    return line(((back, y - 5), (x, y), (back, y + 5)), "c")
