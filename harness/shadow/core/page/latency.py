"""Latency over time, arm by arm: what drifts, stalls or warms up shows where it happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.chart import LEFT, RIGHT, TOP, Figure, bottom_axis, left_axis, legend, line
from harness.render.html import numbers
from harness.render.quantity import number, seconds
from harness.render.scale import Scale, linear, logarithmic

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="latency",
    title="Latency over the comparison",
    reading=(
        "Thick: median of each stretch; thin: its slowest request. Counted from when a "
        "request was due, so waiting behind a stall counts."
    ),
)
_BOTTOM = 232.0
_ARMS = (("a", "A"), ("b", "B"), ("c", "candidate"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Latencies in seconds of the arms A, B and candidate in one stretch of it.

    `at` is its middle, in seconds since it began.
    """

    at: float
    medians: tuple[float, float, float]
    slowest: tuple[float, float, float]


def latency_over_time(stretches: Sequence[Stretch]) -> "ET.Element":
    """Return the plot of stretches in ascending order; without any, why there is none."""
    if not stretches:
        return _FIGURE.without("No latencies were measured.")
    x = linear((stretch.at for stretch in stretches), LEFT, RIGHT)
    y = logarithmic((v for s in stretches for v in s.medians + s.slowest), _BOTTOM, TOP)
    marks = [
        *bottom_axis(x, x.ticks(5), (TOP, _BOTTOM), "seconds since it began", number),
        *left_axis(y, LEFT, RIGHT, seconds),
        *_lines(stretches, x, y),
        *legend(_ARMS, _BOTTOM + 54),
    ]
    rows = [(f"{number(s.at)} s", *map(seconds, s.medians + s.slowest)) for s in stretches]
    head = ("at", "A", "B", "candidate", "slowest: A", "B", "candidate")
    return _FIGURE.drawn(_BOTTOM + 62, marks, numbers(head, rows))


def _lines(stretches: Sequence[Stretch], x: Scale, y: Scale) -> Iterator["ET.Element"]:
    for arm, (class_, _) in enumerate(_ARMS):
        yield line(((x(s.at), y(s.slowest[arm])) for s in stretches), f"{class_} thin")
    for arm, (class_, _) in enumerate(_ARMS):
        yield line(((x(s.at), y(s.medians[arm])) for s in stretches), class_)
