"""What a report draws, gathered while a comparison goes on, in memory that has a bound."""

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from statistics import median

from harness.render.chart import Point
from harness.shadow.core.answers import numbers
from harness.shadow.core.answers.answer import Reply, read
from harness.shadow.core.answers.levels import DEFAULT_TOLERANCES, Difference
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.answers.tensor import Tensor
from harness.shadow.core.events import ARMS
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.page.e_values import EValues
from harness.shadow.core.page.flips import Count
from harness.shadow.core.page.latency import Stretch
from harness.shadow.core.page.quantiles import Quantile

MOST_KEPT = 2**16
"""Requests whose latencies are kept."""
_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
_STRETCHES = 60
_MOST_LOOKS = 256
_MOST_MARGINS = 1000
_MOST_PAIRS = 1000
_MOST_FIELDS = 20
_MOST_POINTS = 400
_VALUES_EACH = 8
_CONFIDENCE = 2.5758293035489
"""Standard deviations of 99 %."""


def _arrays() -> "tuple[array[float], ...]":
    return tuple(array("d") for _ in range(ARMS))


@dataclass(slots=True)
class Latencies:
    """Latencies in seconds of the three arms, and when each request was sent.

    Every request's up to MOST_KEPT; then every second one's, every fourth's, and so on. `slowest`
    are each arm's slowest of a kept request and those that follow it, so that no stall is lost.
    """

    at: "array[float]" = field(default_factory=lambda: array("d"))
    arms: "tuple[array[float], ...]" = field(default_factory=_arrays)
    slowest: "tuple[array[float], ...]" = field(default_factory=_arrays)
    _step: int = 1
    _seen: int = 0

    def observe(self, at: float, seconds: tuple[float, float, float]) -> None:
        """Take one request."""
        kept = self._seen % self._step == 0
        self._seen += 1
        if kept:
            self.at.append(at)
            for series in (self.arms, self.slowest):
                for arm, value in zip(series, seconds, strict=True):
                    arm.append(value)
        else:
            for arm, value in zip(self.slowest, seconds, strict=True):
                arm[-1] = max(arm[-1], value)
        if len(self.at) > MOST_KEPT:
            self._thin_out()

    def _thin_out(self) -> None:
        self._step *= 2
        self.at = self.at[::2]
        self.arms = tuple(arm[::2] for arm in self.arms)
        self.slowest = tuple(
            array("d", map(max, zip_longest(arm[::2], arm[1::2], fillvalue=0.0)))
            for arm in self.slowest
        )

    def ratios(self, arm: int) -> list[float]:
        """Return the arm's latencies relative to production A's, request by request."""
        return [value / a for value, a in zip(self.arms[arm], self.arms[0], strict=True)]

    def quantiles(self) -> list[Quantile]:
        """Return the quantiles that so many requests bound on both sides."""
        ordered = [sorted(arm) for arm in self.arms]
        return [
            quantile
            for at in _QUANTILES
            if (places := places_of(at, len(self.at)))
            for quantile in _quantile(at, places, ordered)
        ]

    def stretches(self) -> list[Stretch]:
        """Return stretches of equal numbers of requests."""
        size = max(1, math.ceil(len(self.at) / _STRETCHES))
        starts = range(0, len(self.at), size)
        first = min(self.at, default=0.0)
        return [self._stretch(slice(start, start + size), first) for start in starts]

    def _stretch(self, part: slice, first: float) -> Stretch:
        a, b, c = (median(arm[part]) for arm in self.arms)
        slowest_a, slowest_b, slowest_c = (max(arm[part]) for arm in self.slowest)
        return Stretch(
            at=median(self.at[part]) - first,
            medians=(a, b, c),
            slowest=(slowest_a, slowest_b, slowest_c),
        )


def places_of(quantile: float, count: int) -> tuple[int, int, int] | None:
    """Return the places, in ascending order, of a quantile and of its interval at 99 %.

    By the normal approximation of the binomial; None if one is beyond what there is.
    """
    spread = _CONFIDENCE * math.sqrt(count * quantile * (1 - quantile))
    low = math.floor(count * quantile - spread)
    high = math.ceil(count * quantile + spread)
    return (low, int(count * quantile), high) if low >= 0 and high < count else None


def _quantile(
    at: float, places: tuple[int, int, int], ordered: Sequence[Sequence[float]]
) -> Iterator[Quantile]:
    low, middle, high = places
    a, b, c = ordered
    yield Quantile(
        at=at, a=a[middle], b=b[middle], c=c[middle], low=c[low] / a[high], high=c[high] / a[low]
    )


@dataclass(slots=True)
class History:
    """The families' e-values as requests arrive; every second look goes when there are too many."""

    step: int = 1
    looks: list[tuple[Finding, ...]] = field(default_factory=list)
    _seen: int = 0

    @property
    def wants(self) -> bool:
        """Count one more request; tell whether to look now."""
        self._seen += 1
        return self._seen % self.step == 0

    def look(self, findings: Sequence[Finding]) -> None:
        """Take what is known by now."""
        self.looks.append(tuple(findings))
        if len(self.looks) == _MOST_LOOKS:
            self.looks = self.looks[1::2]
            self.step *= 2

    def families(self, thresholds: Sequence[float], now: Sequence[Finding] = ()) -> list[EValues]:
        """Return each family's history up to `now`, with its threshold."""
        looks = [*self.looks, tuple(now)] if now and self.looks else self.looks
        return [
            EValues(
                family=family[0].family,
                threshold=threshold,
                requests=[look.requests for look in family],
                against=[look.against for look in family],
                in_favour=[look.in_favour for look in family],
            )
            for family, threshold in zip(zip(*looks, strict=True), thresholds, strict=False)
        ]


@dataclass(slots=True)
class Flips:
    """Labels that the candidate gave in place of production A's."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    margins: list[float] = field(default_factory=list)

    def observe(self, candidate: Sequence[Difference]) -> None:
        """Take how the candidate differs on one request."""
        for flip in (flip for difference in candidate for flip in difference.flips):
            pair = (flip.first, flip.second)
            if pair in self.counted or len(self.counted) < _MOST_PAIRS:
                self.counted[pair] += 1
            if math.isfinite(flip.margin) and len(self.margins) < _MOST_MARGINS:
                self.margins.append(flip.margin)

    def counts(self) -> list[Count]:
        """Return the pairs, the commonest first."""
        ordered = sorted(self.counted.items(), key=lambda item: (-item[1], item[0]))
        return [Count(first=first, second=second, count=n) for (first, second), n in ordered]


@dataclass(slots=True)
class Agreement:
    """Some numbers that the arms answered, field by field: (A, B, candidate)."""

    protocol: Protocol
    fields: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether no field takes more."""
        return any(len(points) >= _MOST_POINTS for points in self.fields.values())

    def observe(self, replies: tuple[Reply, Reply, Reply]) -> None:
        """Take some numbers of each field that all three answered alike."""
        a, b, c = (read(reply, self.protocol) for reply in replies)
        for name, tensor in a.items():
            same = [tensor, b.get(name), c.get(name)]
            if len(self.fields) < _MOST_FIELDS or name in self.fields:
                self.fields.setdefault(name, []).extend(_numbers(same))

    def worst(self) -> tuple[str, list[Point], tuple[float, float]]:
        """Return the field on which the candidate is farthest off, its points and B's band."""
        field_, points = max(
            self.fields.items(), key=lambda item: _farthest(item[1]), default=("", [])
        )
        noise = [b - a for a, b, _ in points if math.isfinite(b - a)]
        shown = [((a + c) / 2, c - a) for a, _, c in points]
        return field_, shown, (min(noise, default=0.0), max(noise, default=0.0))


def _numbers(tensors: Sequence[Tensor | None]) -> list[tuple[float, float, float]]:
    first = tensors[0]
    if first is None or first.datatype not in DEFAULT_TOLERANCES:
        return []
    alike = [
        tensor
        for tensor in tensors
        if tensor and (tensor.datatype, tensor.shape) == (first.datatype, first.shape)
    ]
    if len(alike) < ARMS or any({*map(type, tensor.data)} != {bytes} for tensor in alike):
        return []
    a, b, c = (numbers.real(tensor.data[:_VALUES_EACH], tensor.datatype) for tensor in alike)
    return list(zip(a, b, c, strict=True))


def _farthest(points: Sequence[tuple[float, float, float]]) -> float:
    """Return the largest relative distance of the candidate; -1 without points."""
    distances = (abs(c - a) / max(abs(a), abs(c)) for a, _, c in points if a != c)
    return max((d for d in distances if math.isfinite(d)), default=0.0) if points else -1.0
