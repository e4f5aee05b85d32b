"""What differed, by field: in how many requests the candidate alone did, beside production alone.

Where production agrees with itself, one request that differs each time it is asked is proof enough.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.chart import RIGHT, TOP, Figure, bottom_axis, shape
from harness.render.html import numbers
from harness.render.quantity import number
from harness.render.scale import Linear

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="differing",
    title="What differed, by field",
    reading=(
        "Requests in which the candidate alone differs from production A (thick), and in which "
        "production B alone does (thin). Even the bars, and it is noise."
    ),
)
_ROW = 50.0
_LEAST_HEIGHT = 140.0
_LONGEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCount:
    """In how many requests a field differed from A's in the candidate, and in B, alone.

    `again` is how often the candidate's difference came back when such requests were asked again.
    """

    field: str
    candidate: int
    production: int
    again: int


def differing_fields(counts: Sequence[FieldCount], requests: int) -> "ET.Element":
    """Return the plot of so many requests; without counts, why there is none."""
    if not counts:
        return _FIGURE.without("No field differed in one arm alone.")
    bottom = TOP + _ROW * len(counts)
    most = max(max(each.candidate, each.production) for each in counts)
    x = Linear(low=0.0, high=float(max(most, 1)), start=16.0, end=RIGHT)
    marks = list(bottom_axis(x, x.ticks(4), (TOP, bottom), "requests", number))
    for place, each in enumerate(counts):
        marks += _row(each, x, TOP + _ROW * place)
    rows = [
        (each.field, f"{each.candidate:,}", f"{each.production:,}", f"{each.again:,}")
        for each in counts
    ]
    names = ("field", "candidate alone", "production alone", "again when asked again")
    height = max(bottom + 40, _LEAST_HEIGHT)
    return _FIGURE.drawn(height, marks, numbers(names, rows), more=f" Of {requests:,} requests.")


def _row(each: FieldCount, x: Linear, top: float) -> Iterator["ET.Element"]:
    long = len(each.field) > _LONGEST
    name = f"{each.field[: _LONGEST - 1]}…" if long else each.field
    again = f", {each.again:,} again" if each.again else ""
    yield shape("text", name, x=x.start, y=top + 16, class_="strong")
    said = f"{each.candidate:,}{again}; production {each.production:,}"
    yield shape("text", said, x=RIGHT, y=top + 16, class_="end")
    for count, y, class_, height in (
        (each.candidate, 22, "cell", 12),
        (each.production, 36, "same", 5),
    ):
        width = x(count) - x(0)
        if count:
            yield shape(
                "rect", x=x.start, y=top + y, width=max(width, 1), height=height, class_=class_
            )
