"""Numbers in bytes of no known format: floats that moved a little, and seconds since 1970.

Any four bytes are some number. One is named only where alignment, range and neighbours speak for
it: the bytes that differ lie within such numbers, and what stands beside them is of the same kind
or is what stands beside such numbers in the headers of files.
"""

import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from harness.formats.change import At, Change, Content, Kind, Step

_YEARS = (1388534400, 2208988800)
"""2014 to 2039."""
_BESIDE = 4
"""Neighbours on each side that are looked at."""
_MOST_ODD = 4
"""Of so many neighbours one may be of another kind: a count before an array of numbers, say."""
_SPREAD = 1e4
"""By how much numbers of one array are larger or smaller than others, mostly."""
_SMALL = 1 << 20
_NEAR = 2 * 366 * 86400
"""Seconds between times that stand beside one another."""
_LONGEST = 1 << 12
_WINDOW = 32
_OTHER = re.compile(rb"[^\0\t\n\x20-\x7e]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Float:
    """A type: its layouts as number and as integer, how many ULP are a little, and its range."""

    name: str
    number: str
    integer: str
    ulps: int
    range: tuple[float, float]


_FLOATS = (
    _Float(name="float64", number="<d", integer="<q", ulps=1 << 16, range=(1e-15, 1e15)),
    _Float(name="float32", number="<f", integer="<i", ulps=1 << 8, range=(1e-9, 1e9)),
)
_TIMES = {
    "int64": "<q",
    "float64": "<d",
    "int32": "<I",
    "big-endian int64": ">q",
    "big-endian float64": ">d",
    "big-endian int32": ">I",
}


def number(first: Content, second: Content, start: int, end: int) -> Change | None:
    """Return the change of the number that a run of differing bytes begins in, if it is one.

    Every number that the run reaches, of the first thousands of bytes, has to be of the kind.
    """
    end = min(end, start + _LONGEST)
    kinds = _FLOATS[::-1] if _is_array(first, start, end, _FLOATS[1]) else _FLOATS
    return _time(first, second, start, end) or _moved(first, second, start, end, kinds)


def in_array(first: Content, second: Content, start: int, end: int) -> Change | None:
    """Return the change of a float in an array: some of its bytes may look like letters."""
    end = min(end, start + _LONGEST)
    kinds = [kind for kind in reversed(_FLOATS) if _is_array(first, start, end, kind)]
    return None if _is_text(first, start, end) else _moved(first, second, start, end, kinds)


def _is_text(content: Content, start: int, end: int) -> bool:
    """Return whether most of what stands around is letters and zeros: hardly half of floats is."""
    around = content[max(0, start - _WINDOW) : end + _WINDOW]
    return 4 * len(_OTHER.findall(around)) < len(around)


def _moved(
    first: Content, second: Content, start: int, end: int, kinds: Sequence[_Float]
) -> Change | None:
    for kind in kinds:
        size = struct.calcsize(kind.number)
        begin, stop = _aligned(start, end, size)
        ours, theirs = (first[begin:stop], second[begin:stop])
        if len(ours) < stop - begin or len(theirs) < stop - begin:
            continue
        ulps = max(_distances(ours, theirs, kind.integer))
        values = [value for data in (ours, theirs) for value in _read(data, kind.number)]
        if (
            ulps <= kind.ulps
            and all(value == 0 or _is_ordinary(value, kind) for value in values)
            and _is_among(first, begin, stop, kind)
        ):
            one, other = (_read(data[:size], kind.number)[0] for data in (ours, theirs))
            distance = _distances(ours[:size], theirs[:size], kind.integer)[0]
            return Change(
                kind=Kind.ROUNDING,
                place=(
                    Step(At.NAME, kind.name),
                    Step(At.OFFSET, hex(begin)),
                    Step(At.ULP, distance),
                ),
                first=one,
                second=other,
                offset=begin,
            )
    return None


def _is_array(content: Content, start: int, end: int, kind: _Float) -> bool:
    """Return whether all that stands around is floats of the kind and of one size, and no zero."""
    width = struct.calcsize(kind.number)
    begin, stop = _aligned(start, end, width)
    around = content[max(0, begin - _BESIDE * width) : stop + _BESIDE * width]
    sizes = [abs(value) for value in _read(around, kind.number)]
    return len(sizes) > _BESIDE and min(sizes) > 0 and max(sizes) < _SPREAD * min(sizes)


def _aligned(start: int, end: int, size: int) -> tuple[int, int]:
    return start - start % size, end + -end % size


def _read(data: bytes, layout: str) -> list[float]:
    whole = len(data) - len(data) % struct.calcsize(layout)
    return [value for (value,) in struct.iter_unpack(layout, data[:whole])]


def _distances(first: bytes, second: bytes, layout: str) -> list[int]:
    pairs = zip(_read(first, layout), _read(second, layout), strict=True)
    return [int(abs(one - other)) for one, other in pairs]


def _is_ordinary(value: float, kind: _Float) -> bool:
    return math.isfinite(value) and kind.range[0] < abs(value) < kind.range[1]


def _is_among(content: Content, begin: int, stop: int, kind: _Float) -> bool:
    """Return whether what stands around is numbers of the kind and of the size, or zeros."""
    sizes = [abs(value) for value in _read(content[begin:stop], kind.number) if value]
    least, most = min(sizes, default=1.0) / _SPREAD, max(sizes, default=1.0) * _SPREAD
    width = _BESIDE * struct.calcsize(kind.number)
    around = content[max(0, begin - width) : begin], content[stop : stop + width]
    beside = [value for data in around for value in _read(data, kind.number)]
    odd = sum(value != 0 and not least < abs(value) < most for value in beside)
    return odd <= len(beside) // _MOST_ODD


def _time(first: Content, second: Content, start: int, end: int) -> Change | None:
    for name, layout in _TIMES.items():
        size = struct.calcsize(layout)
        begin, stop = _aligned(start, end, size)
        parts = [content[begin:stop] for content in (first, second)]
        if any(len(part) < stop - begin for part in parts):
            continue
        ours, theirs = (_read(part, layout) for part in parts)
        is_low = _differs_low(parts[0][:size], parts[1][:size], layout)
        if is_low and all(map(_is_time, ours + theirs)) and _is_header(first, begin, stop, layout):
            return Change(
                kind=Kind.TIME,
                place=(Step(At.NAME, name), Step(At.PART, "time"), Step(At.OFFSET, hex(begin))),
                first=int(ours[0]),
                second=int(theirs[0]),
                offset=begin,
            )
    return None


def _differs_low(first: bytes, second: bytes, layout: str) -> bool:
    """Return whether the lowest byte of an integer changed: what counts seconds seldom keeps it."""
    lowest = 0 if layout.startswith("<") else -1
    return layout.endswith("d") or first[lowest] != second[lowest]


def _is_time(value: float) -> bool:
    return _YEARS[0] <= value < _YEARS[1]


def _is_header(content: Content, begin: int, stop: int, layout: str) -> bool:
    """Return whether a time has an edge, a small number, ones or another time beside it.

    In compressed data or code that is seldom so.
    """
    size = struct.calcsize(layout)
    value = _read(content[begin:stop], layout)[0]
    beside = content[max(0, begin - size) : begin], content[stop : stop + size]
    return any(
        len(data) < size or data == b"\xff" * size or _is_near(_read(data, layout)[0], value)
        for data in beside
    )


def _is_near(other: float, time: float) -> bool:
    return abs(other) < _SMALL or abs(other - time) < _NEAR
