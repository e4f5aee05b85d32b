"""Flip matrix: which label became which, and how sure production had been of its own.

Flips where production's best two classes were close are the model's indecision; flips where it was
sure are another model.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.chart import RIGHT, Figure, bottom_axis, shape
from harness.render.html import numbers
from harness.render.quantity import number
from harness.render.scale import Linear

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="flips",
    title="Labels: production against candidate",
    reading=(
        "Rows: what production A answered; columns: the candidate. Below, a mark for each "
        "flip: those on the right were clear cases to production."
    ),
)
MOST_LABELS = 8
_OTHER = "other"
_SIDE = 250.0
_LEFT, _TOP = 120.0, 44.0
_LONGEST = 14
_LONGEST_COUNT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many rows production A gave label `first`, and the candidate `second`."""

    first: str
    second: str
    count: int


def flip_matrix(counts: Sequence[Count], margins: Sequence[float]) -> "ET.Element":
    """Return the matrix and the flips' top-two margins (0 to 1); without counts, why there is none.

    At most `MOST_LABELS` labels have a row of their own: those that flip most, then the commonest.
    """
    if not counts:
        return _FIGURE.without("No label of the candidate's was seen in place of another.")
    labels = _labels(counts)
    cells: Counter[tuple[int, int]] = Counter()
    for one in counts:
        cells[_place(one.first, labels), _place(one.second, labels)] += one.count
    side = _SIDE / len(labels)
    marks = [*_names(labels, side), *_cells(cells, side)]
    bottom = _TOP + _SIDE + 26
    x = Linear(low=0.0, high=1.0, start=_LEFT, end=RIGHT)
    marks += bottom_axis(
        x, x.ticks(5), (bottom - 8, bottom + 14), "top-two margin of production", number
    )
    marks += (
        shape("line", x1=x(margin), x2=x(margin), y1=bottom - 8, y2=bottom + 14, class_="c")
        for margin in margins
    )
    rows = [
        (labels[row], labels[column], f"{count:,}")
        for (row, column), count in sorted(cells.items())
    ]
    told = numbers(("production A", "candidate", "rows"), rows)
    return _FIGURE.drawn(bottom + 54, marks, told)


def _labels(counts: Sequence[Count]) -> list[str]:
    weights: Counter[str] = Counter()
    flipped: Counter[str] = Counter()
    for one in counts:
        for label in (one.first, one.second):
            weights[label] += one.count
            flipped[label] += one.count * (one.first != one.second)
    first = sorted(weights, key=lambda label: (-flipped[label], -weights[label], label))
    kept = sorted(first[:MOST_LABELS])
    return kept if len(first) <= MOST_LABELS else [*kept, _OTHER]


def _place(label: str, labels: Sequence[str]) -> int:
    return labels.index(label) if label in labels else len(labels) - 1


def _names(labels: Sequence[str], side: float) -> Iterator["ET.Element"]:
    yield shape("text", "production A ↓ · candidate →", x=_LEFT, y=14.0, class_="soft")
    for place, label in enumerate(labels):
        middle = (place + 0.5) * side
        yield shape("text", _short(label), x=_LEFT - 6, y=_TOP + middle + 4, class_="end")
        letters = max(int(side / 10) - 1, 2)
        yield shape("text", _short(label, letters), x=_LEFT + middle, y=_TOP - 8, class_="middle")


def _cells(cells: Counter[tuple[int, int]], side: float) -> Iterator["ET.Element"]:
    """Yield a cell where anything was counted: darker for more, agreement and flips apart."""
    most = {
        same: max((n for (r, c), n in cells.items() if (r == c) is same), default=1)
        for same in (True, False)
    }
    for (row, column), count in sorted(cells.items()):
        same = row == column
        x, y = _LEFT + column * side, _TOP + row * side
        opacity = f"{0.12 + 0.4 * count / most[same]:.2f}"
        yield shape(
            "rect",
            x=x + 1,
            y=y + 1,
            width=side - 2,
            height=side - 2,
            class_="same" if same else "cell",
            fill_opacity=opacity,
        )
        yield shape("text", _compact(count), x=x + side / 2, y=y + side / 2 + 4, class_="middle")


def _compact(count: int) -> str:
    return f"{count:,}" if count < _LONGEST_COUNT else number(count, 2)


def _short(label: str, letters: int = _LONGEST) -> str:
    return label if len(label) <= letters else f"{label[: letters - 1]}…"
