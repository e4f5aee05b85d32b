"""What each start took, of the candidate beside production: memory, processor and time to start."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from harness.render.chart import RIGHT, TOP, Figure, bottom_axis, shape
from harness.render.html import numbers
from harness.render.quantity import change, seconds, size
from harness.render.scale import Linear, linear
from harness.shadow.core.evidence.resources import Resource

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="resources",
    title="What each start took",
    reading=(
        "A dot: one start; above: production A, below: the candidate, each with its median. The "
        "dashed line is the most that is allowed, by production's median."
    ),
)
_ROW, _LEFT = 92.0, 16.0
_UNITS: Mapping[str, tuple[float, Callable[[float], str]]] = {"memory": (2.0**20, size)}
"""What a resource is counted in along an axis, and how its values are written; others: seconds."""
_SECONDS = (1.0, seconds)
_ARMS = (("a", 27.0), ("c", 43.0))
"""The arms' classes, and how far below a panel's top their dots stand."""


def resources_by_start(resources: Mapping[str, Resource]) -> "ET.Element":
    """Return the plot of resources that both arms were measured at; why there is none without."""
    measured = {n: one for n, one in resources.items() if one.production and one.candidate}
    if not measured:
        return _FIGURE.without("No start was measured on its own.")
    marks = [
        mark
        for place, (name, one) in enumerate(measured.items())
        for mark in _panel(name, one, TOP + _ROW * place)
    ]
    rows = [
        (name, *map(_UNITS.get(name, _SECONDS)[1], _medians(one)), f"{len(one.candidate)}")
        for name, one in measured.items()
    ]
    head = ("median of", "production", "candidate", "allowed", "starts")
    return _FIGURE.drawn(TOP + _ROW * len(measured), marks, numbers(head, rows))


def _medians(resource: Resource) -> tuple[float, float, float]:
    """Return production's median, the candidate's, and the most that is allowed."""
    usual = median(resource.production)
    return usual, median(resource.candidate), usual * (1 + resource.relative) + resource.absolute


def _panel(name: str, resource: Resource, top: float) -> Iterator["ET.Element"]:
    unit, write = _UNITS.get(name, _SECONDS)
    usual, now, allowed = _medians(resource)
    arms = [[each / unit for each in arm] for arm in (resource.production, resource.candidate)]
    x = linear((*arms[0], *arms[1], allowed / unit), _LEFT, RIGHT)
    bottom = top + 52
    yield shape("text", name, x=_LEFT, y=top + 10, class_="strong")
    yield shape("text", _said(usual, now, write), x=RIGHT, y=top + 10, class_="end")
    yield from bottom_axis(x, x.ticks(4), (top + 18, bottom), "", lambda at: write(at * unit))
    limit = x(allowed / unit)
    yield shape("line", x1=limit, x2=limit, y1=top + 18, y2=bottom, class_="limit")
    for values, (class_, y) in zip(arms, _ARMS, strict=True):
        yield from _starts(values, x, top + y, class_)


def _starts(values: Sequence[float], x: Linear, y: float, class_: str) -> Iterator["ET.Element"]:
    for value in values:
        yield shape("circle", cx=x(value), cy=y, r=4, class_=f"point-{class_}")
    middle = x(median(values))
    yield shape("line", x1=middle, x2=middle, y1=y - 8, y2=y + 8, class_=class_)


def _said(usual: float, now: float, write: Callable[[float], str]) -> str:
    moved = f" ({change(now / usual - 1)})" if usual else ""
    return f"{write(usual)} → {write(now)}{moved}"
