"""Where a value stands on an axis, and which values are written along it.

Values beyond an axis stand at its end, so that no measured value can leave the picture.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LARGEST = 1e150
"""Beyond this, differences of values might overflow: such values count as infinite."""
_SMALLEST = 1 / LARGEST
"""Below this, differences cannot be divided by: values are one."""
_STEPS = (1, 2, 5, 10)
_FEW_DECADES = 10**2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Equal differences are equally far apart: `low` stands at pixel `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where the value stands, in pixels."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0), 1) * (self.end - self.start)

    def ticks(self, count: int) -> list[float]:
        """Return multiples of 1, 2 or 5 times a power of ten."""
        step = _round_step((self.high - self.low) / count)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logarithmic:
    """Equal ratios are equally far apart, as in `Linear`; `low` is above zero."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where the value stands, in pixels; at the low end if it is not positive."""
        inside = min(max(value, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int) -> list[float]:
        """Return powers of ten, and where these are few 1, 2 and 5 times them, or round values."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        decades = range(first, last + 1, max(1, math.ceil((last - first) / count)))
        factors = _STEPS[:3] if self.high / self.low <= _FEW_DECADES else _STEPS[:1]
        values = (factor * 10.0**decade for decade in decades for factor in factors)
        inside = [value for value in values if self.low <= value <= self.high]
        if len(inside) > 1:
            return inside
        return Linear(low=self.low, high=self.high, start=self.start, end=self.end).ticks(count)


Scale = Linear | Logarithmic


def linear(values: Iterable[float], start: float, end: float) -> Linear:
    """Return an axis on which every finite value stands, with a little room at both ends."""
    low, high = _range([value for value in values if abs(value) <= LARGEST])
    room = (high - low) * 0.04
    return Linear(low=low - room, high=high + room, start=start, end=end)


def logarithmic(values: Iterable[float], start: float, end: float) -> Logarithmic:
    """Return a logarithmic axis on which every positive finite value stands, with a little room."""
    positive = [value for value in values if _SMALLEST <= value <= LARGEST]
    low, high = min(positive, default=1.0), max(positive, default=1.0)
    room = max((high / low) ** 0.04, 1.02)
    return Logarithmic(low=low / room, high=high * room, start=start, end=end)


def spaced(ticks: Iterable[float], scale: Scale, apart: float) -> Iterator[float]:
    """Yield ticks that stand at least so many pixels apart, so that their labels do not touch."""
    last = -math.inf
    for tick in ticks:
        place = abs(scale(tick) - scale.start)
        if place - last >= apart:
            last = place
            yield tick


def _range(values: list[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=0.0)
    if high - low > _SMALLEST:
        return low, high
    room = 0.1 * (max(abs(low), abs(high)) if abs(low) > _SMALLEST else 1.0)
    return low - room, high + room


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(step for step in _STEPS if rough / power <= step * 1.001)
