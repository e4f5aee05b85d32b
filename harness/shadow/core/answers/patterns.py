"""What turns one tensor into another: named where it explains every value that differs.

Lost precision hides within any tolerance, so it is looked for in every pair. The other patterns
allow for jitter: values are alike within 1e-4 of each other, or of the largest one.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, pairwise

from harness.shadow.core.answers.levels import Pattern
from harness.shadow.core.answers.numbers import narrowed

_JITTER = 1e-4
_COARSEST = 2**-8
"""What narrowing to BF16 may do to a value, relatively."""
_MAX_DIGITS = 12
_LOST_DIGITS = 3

Values = Sequence[float]


def lost_precision(left: Values, right: Values) -> Pattern | None:
    """Return how precision was lost, if every value that differs has less than most had before.

    A narrowed value is exactly one of the narrower type. A rounded one has at most twelve
    significant decimal digits, three fewer than before.
    """
    first = next(_differing(left, right), None)
    if first is None or not math.isclose(*first, rel_tol=_COARSEST):
        return None
    if _lost(left, right, partial(_is_narrow, "FP32")):
        return Pattern(name="narrowed", parameter=_narrowest(right))
    if digits(first[1]) > _MAX_DIGITS:
        return None
    most = max(digits(now) for _, now in _differing(left, right))
    if most <= _MAX_DIGITS and _lost(
        left, right, lambda value: digits(value) < most + _LOST_DIGITS
    ):
        return Pattern(name="rounded", parameter=f"{most} digits")
    return None


def _narrowest(values: Values) -> str:
    """Return the type of fewest bits that holds all values, which float32 does."""
    found = (t for t in ("BF16", "FP16") if all(map(partial(_is_narrow, t), values)))
    return next(found, "FP32")


def digits(value: float) -> int:
    """Return how many significant decimal digits a value needs."""
    return len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0"))


def _is_narrow(datatype: str, value: float) -> bool:
    return narrowed(value, datatype) == value


def _lost(left: Values, right: Values, is_short: Callable[[float], bool]) -> bool:
    """Return whether all differing values are short now, and most were not before."""
    if not all(is_short(now) for _, now in _differing(left, right)):
        return False
    before = [is_short(value) for value, _ in _differing(left, right)]
    return 2 * sum(before) < len(before)


def _differing(left: Values, right: Values) -> Iterator[tuple[float, float]]:
    return ((x, y) for x, y in zip(left, right, strict=True) if x != y and not math.isnan(y))


def transformation(left: Values, right: Values, shape: tuple[int, ...]) -> Pattern | None:
    """Return what reordered, moved or scaled finite values of one shape, if one thing did."""
    if _alike(left, right):
        return None
    classes = shape[-1] if len(shape) > 1 else 1
    before, now = _rows(left, classes), _rows(right, classes)
    return _reordered(before, now) or _moved(before, now) or _scaled(left, right)


def _rows(values: Values, length: int) -> list[Values]:
    return [values[start : start + length] for start in range(0, len(values), length)]


def _reordered(before: list[Values], now: list[Values]) -> Pattern | None:
    """Name an order of the classes that turns every row into the one that came."""
    telling = max(range(len(before)), key=lambda row: _least_gap(before[row]))
    backwards = range(len(before[0]))[::-1]
    order = dict(zip(_ascending(now[telling]), _ascending(before[telling]), strict=True))
    for name, sources in (
        ("swapped class order", backwards),
        ("permuted classes", [order[place] for place in backwards[::-1]]),
    ):
        if _alike(chain.from_iterable([row[i] for i in sources] for row in before), _flat(now)):
            return Pattern(name=name, parameter=" ".join(map(str, sources)))
    return None


def _least_gap(row: Values) -> float:
    ordered = sorted(row)
    return min((y - x for x, y in pairwise(ordered)), default=0.0)


def _ascending(row: Values) -> list[int]:
    return sorted(range(len(row)), key=row.__getitem__)


def _moved(before: list[Values], now: list[Values]) -> Pattern | None:
    """Name an exchange of whole rows."""
    for name, parameter, expected, found in (
        ("reversed rows", "", before[::-1], now),
        ("off-by-one batch", "later", before[:-1], now[1:]),
        ("off-by-one batch", "earlier", before[1:], now[:-1]),
    ):
        if len(found) > 1 and _alike(_flat(expected), _flat(found)):
            return Pattern(name=name, parameter=parameter)
    return None


def _scaled(left: Values, right: Values) -> Pattern | None:
    """Name a constant factor or offset; of a single value, either would explain anything."""
    largest = max(range(len(left)), key=lambda index: abs(left[index]))
    if len(left) == 1 or not left[largest]:
        return None
    factor, offset = right[largest] / left[largest], right[largest] - left[largest]
    for name, parameter, expected in (
        ("constant factor", factor, [value * factor for value in left]),
        ("constant offset", offset, [value + offset for value in left]),
    ):
        if _alike(expected, right):
            return Pattern(name=name, parameter=f"{parameter:.6g}")
    return None


def _flat(rows: Iterable[Values]) -> list[float]:
    return list(chain.from_iterable(rows))


def _alike(left: Iterable[float], right: Values) -> bool:
    absolute = _JITTER * max(map(abs, right), default=0.0)
    return all(
        math.isclose(x, y, rel_tol=_JITTER, abs_tol=absolute)
        for x, y in zip(left, right, strict=True)
    )
