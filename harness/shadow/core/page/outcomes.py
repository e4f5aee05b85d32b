"""Answers without success, arm by arm: their share with its interval, and how much is too much."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.chart import RIGHT, TOP, Figure, bottom_axis, shape
from harness.render.html import numbers
from harness.render.quantity import TIMES, share
from harness.render.scale import Linear, linear
from harness.shadow.core.evidence import exact
from harness.shadow.core.evidence.outputs import CONFIDENCE

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_FIGURE = Figure(
    name="outcomes",
    title="Answers without success, by arm",
    reading=(
        "Share of each arm's answers, with its interval; the dashed line is production A's share "
        "and the margin."
    ),
)
_NAMES = (("A", "a"), ("B", "b"), ("candidate", "c"))
_ROW = 46.0
_LONGEST = 46


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arm:
    """An arm's name and class, its answers, and those without success by outcome."""

    name: str
    class_: str
    answers: int
    failed: Mapping[str, int]

    @property
    def failures(self) -> int:
        return sum(self.failed.values())

    @property
    def share(self) -> float:
        return self.failures / self.answers if self.answers else 0.0

    def bounds(self) -> tuple[float, float]:
        """Return the exact bounds of the share; without answers it may be any."""
        if not self.answers:
            return 0.0, 1.0
        low = exact.lower_bound(self.failures, self.answers, CONFIDENCE)
        return low, exact.upper_bound(self.failures, self.answers, CONFIDENCE)

    def said(self) -> str:
        said = ", ".join(
            f"{count:,} {TIMES} {outcome}" for outcome, count in self.failed.items() if count
        )
        return (said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…") or "none"


def outcomes_by_arm(
    succeeded: Sequence[int], failed: Sequence[Mapping[str, int]], margin: float
) -> "ET.Element":
    """Return the plot of the arms A, B and candidate; why there is none if none failed."""
    arms = [
        _Arm(name=name, class_=class_, answers=good + sum(bad.values()), failed=bad)
        for (name, class_), good, bad in zip(_NAMES, succeeded, failed, strict=True)
    ]
    if not any(arm.failures for arm in arms):
        return _FIGURE.without("Each answer of every arm was a success.")
    bounds = [arm.bounds() for arm in arms]
    limit = arms[0].share + margin
    bottom = TOP + _ROW * len(arms)
    x = linear((0, limit, *(high for _, high in bounds)), 16.0, RIGHT)
    marks = [
        *bottom_axis(x, x.ticks(5), (TOP, bottom), "share of answers", share),
        shape("line", x1=x(limit), x2=x(limit), y1=TOP, y2=bottom, class_="limit"),
    ]
    for place, arm in enumerate(arms):
        marks += _row(arm, x, TOP + _ROW * place)
    rows = [
        (arm.name, f"{arm.answers:,}", f"{arm.failures:,}", share(low), share(high))
        for arm, (low, high) in zip(arms, bounds, strict=True)
    ]
    told = numbers(("arm", "answers", "without success", "at least", "at most"), rows)
    return _FIGURE.drawn(bottom + 40, marks, told)


def _row(arm: _Arm, x: Linear, top: float) -> Iterator["ET.Element"]:
    y, class_ = top + 31, arm.class_
    yield shape("text", arm.name, x=x.start, y=top + 14, class_="strong")
    yield shape("text", arm.said(), x=RIGHT, y=top + 14, class_="end")
    low, high = map(x, arm.bounds())
    yield shape("line", x1=low, x2=high, y1=y, y2=y, class_=class_)
    for end in (low, high):
        yield shape("line", x1=end, x2=end, y1=y - 5, y2=y + 5, class_=class_)
    yield shape("circle", cx=x(arm.share), cy=y, r=5, class_=f"point-{class_}")
