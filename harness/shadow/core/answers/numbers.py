"""Numbers of two tensors of one datatype and shape, compared as fast as their conversion allows."""

import math
from array import array
from collections.abc import Iterable, Sequence
from itertools import islice, repeat
from operator import truediv

from harness.shadow.core.answers.levels import Kind, Level, Tolerance

_GLANCE = 8
_INFINITE = math.inf


def real(numbers: Sequence[bytes | float], datatype: str) -> Sequence[float]:
    """Return the values that a service of this datatype means by its literals or doubles."""
    if datatype == "FP32":
        return array("f", map(float, numbers)).tolist()
    values = list(map(float, numbers))
    return [narrowed(value, datatype) for value in values] if "16" in datatype else values


def narrowed(value: float, datatype: str) -> float:
    """Return the nearest value of FP32, FP16 or BF16 (ties to even), an infinity beyond them.

    All three are binary formats of IEEE 754 but for their widths: precision and least exponent.
    """
    precision, least, largest = NARROW[datatype]
    if math.isnan(value) or abs(value) > 2 * largest:
        return value if math.isnan(value) else math.copysign(_INFINITE, value)
    exponent = max(math.frexp(value)[1], least)
    rounded = math.ldexp(round(math.ldexp(value, precision - exponent)), exponent - precision)
    return math.copysign(rounded if abs(rounded) <= largest else _INFINITE, value)


NARROW = {
    "FP32": (24, -125, math.ldexp(2 - 2**-23, 127)),
    "FP16": (11, -13, 65504.0),
    "BF16": (8, -125, math.ldexp(2 - 2**-7, 127)),
}
"""Bits of the significand, least exponent of a normal number as frexp(3) counts, largest value."""


def compare(
    left: Sequence[float], right: Sequence[float], tolerance: Tolerance
) -> tuple[Level, Kind, float]:
    """Return how far equally many values differ: level, kind, and their Euclidean distance."""
    distance = math.dist(left, right)
    if not math.isfinite(distance):
        kind = _kind_of_specials(left, right)
        if kind is not Kind.VALUE:
            return Level.STRUCTURE, kind, _INFINITE
        left, right = _finite(left), _finite(right)
        distance = math.dist(left, right)
    if not distance:
        signs_differ = any(_signs_differ(x, y) for x, y in zip(left, right, strict=True))
        return (Level.WITHIN, Kind.ZERO_SIGN, 0.0) if signs_differ else _EQUAL
    beyond = distance > tolerance.absolute and any_beyond(left, right, tolerance)
    return Level.BEYOND if beyond else Level.WITHIN, Kind.VALUE, distance


_EQUAL = (Level.EQUAL, Kind.NOTHING, 0.0)


def any_beyond(left: Sequence[float], right: Sequence[float], tolerance: Tolerance) -> bool:
    """Return whether any two finite values differ by more than the tolerance.

    Two glances settle most pairs: the first few values, and that no ratio is far from 1.
    """
    return _any_beyond(islice(left, _GLANCE), right, tolerance) or (
        not _ratios_within(left, right, tolerance.relative) and _any_beyond(left, right, tolerance)
    )


def _any_beyond(left: Iterable[float], right: Iterable[float], tolerance: Tolerance) -> bool:
    absolute, relative = tolerance.absolute, tolerance.relative
    return any(
        abs(x - y) > absolute + relative * abs(x) and abs(x - y) > absolute + relative * abs(y)
        for x, y in zip(left, right, strict=False)
    )


def _ratios_within(left: Sequence[float], right: Sequence[float], relative: float) -> bool:
    try:
        ratios = list(map(truediv, left, right))
    except ZeroDivisionError:
        return False
    return math.dist(ratios, list(repeat(1.0, len(ratios)))) < relative


def _signs_differ(x: float, y: float) -> bool:
    return math.copysign(1, x) != math.copysign(1, y)


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _kind_of_specials(left: Sequence[float], right: Sequence[float]) -> Kind:
    """Return how NaN and infinities differ in kind or place; VALUE if they do not."""
    for x, y in zip(left, right, strict=True):
        if math.isnan(x) != math.isnan(y):
            return Kind.NAN_FOR_NUMBER if math.isnan(y) else Kind.NUMBER_FOR_NAN
        if x != y and (math.isinf(x) or math.isinf(y)):
            return Kind.INFINITY
    return Kind.VALUE


def ulps(left: float, right: float, datatype: str) -> int:
    """Return how many values of the datatype lie between two finite ones; 0 for equal ones.

    Zeros of either sign are one value.
    """
    return abs(_rank(left, datatype) - _rank(right, datatype))


def _rank(value: float, datatype: str) -> int:
    """Number the values of a datatype upwards from zero."""
    precision, least, _ = NARROW.get(datatype, (53, -1021, _INFINITE))
    fraction, exponent = math.frexp(abs(value))
    above = max(exponent - least, 0) if value else 0
    significand = int(math.ldexp(fraction, precision + exponent - least - above))
    rank = significand + (above << (precision - 1))
    return rank if value >= 0 else -rank
