"""Elements of arrays: how many differ, the first of them, and how far two floats lie apart.

Distances are in units in the last place (ULP): how many floats of the type lie between two.
Everything is read in chunks, so that an array may be larger than memory.
"""

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count, islice
from operator import ne
from typing import Literal

from harness.formats.change import At, Change, Content, Kind, Place, Step
from harness.formats.fields import values

Order = Literal["little", "big"]

_CHUNK = 1 << 16
_SHOWN = 4
_COUNTED = 4_000_000
_DIMENSIONS = 64
_LAYOUTS = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "float16": "e",
    "float32": "f",
    "float64": "d",
    "complex64": "ff",
    "complex128": "dd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where `size` bytes lie in a content."""

    content: Content
    start: int
    size: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.start + self.size <= len(self.content):
            raise ValueError(
                f"{self.size} bytes at {self.start:#x} of a content of {len(self.content)}"
            )

    def read(self, base: int = 0, size: int | None = None) -> bytes:
        """Return `size` bytes from `base` on, or those up to the end."""
        end = self.size if size is None else min(self.size, base + size)
        return self.content[self.start + base : self.start + end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """An element's type: a name such as "float64", its size in bytes, and how it is read."""

    name: str
    size: int
    read: Callable[[bytes], object]
    order: Order = "little"


def scalar(name: str, order: Order = "little") -> Scalar:
    """Return a type by its name: those of C and IEEE 754 as NumPy calls them, and bfloat16.

    Raises:
        ValueError: the type is not known.

    """
    if name == "bfloat16":
        return Scalar(name=name, size=2, read=_bfloat16)
    if name not in _LAYOUTS:
        raise ValueError(f"element type {name[:100]!r} is not known")
    layout = struct.Struct({"little": "<", "big": ">"}[order] + _LAYOUTS[name])
    whole = complex if name.startswith("complex") else _alone
    return Scalar(
        name=name,
        size=layout.size,
        read=lambda data: whole(*layout.unpack(data)),
        order=order,
    )


def opaque(name: str, size: int) -> Scalar:
    """Return a type whose values are shown as hexadecimal.

    Raises:
        ValueError: `size` is not positive.

    """
    if size <= 0:
        raise ValueError(f"elements of {size} bytes")
    return Scalar(name=name, size=size, read=lambda data: data.hex(" "))


def compare(
    place: Place,
    type_: Scalar,
    shape: Sequence[int],
    parts: tuple[Part, Part],
    *,
    column_major: bool = False,
) -> Iterator[Change]:
    """Yield how many elements of two arrays of one type and shape differ, and the first of them.

    The place of one is `place`, then its index, which counts from zero.

    Raises:
        ValueError: a part holds another number of bytes than the shape says.

    """
    first, second = parts
    wanted = math.prod(shape) * type_.size
    if first.size != wanted or second.size != wanted:
        sizes = f"{first.size} and {second.size}"
        raise ValueError(f"{type_.name} of shape {shape} takes {wanted} bytes, not {sizes}")
    differing = _places(first, second, type_.size)
    head = list(islice(differing, _SHOWN))
    if not head:
        return
    found = len(head) + sum(1 for _ in islice(differing, _COUNTED))
    more = next(differing, None) is not None
    text = f"{'more than ' * more}{found} of {wanted // type_.size}"
    summary = (*place, Step(At.SUMMARY, "differing elements"))
    yield Change(kind=Kind.SUMMARY, place=summary, first=text, second=text)
    for number in head:
        at = (*place, element(index(number, shape, column_major)))
        yield _changed(at, type_, number, parts)


def _changed(place: Place, type_: Scalar, number: int, parts: tuple[Part, Part]) -> Change:
    datas = [part.read(number * type_.size, type_.size) for part in parts]
    ours, theirs = values(*(type_.read(data) for data in datas))
    apart = _apart(type_, *datas)
    return Change(
        kind=Kind.ROUNDING if apart else Kind.NUMBER,
        place=(*place, *apart),
        first=ours,
        second=theirs,
        offset=parts[0].start + number * type_.size,
    )


def element(indices: list[int]) -> Step:
    """Return the step to an element."""
    return Step(At.ELEMENT, str(indices))


def index(place: int, shape: Sequence[int], column_major: bool = False) -> list[int]:
    """Return the index of the element at a place of an array; the shape has no zero."""
    found: list[int] = []
    for size in shape if column_major else reversed(shape):
        found.append(place % size)
        place //= size
    return found if column_major else found[::-1]


def checked(shape: object) -> tuple[int, ...]:
    """Return a shape, a tuple or list, as sizes per dimension.

    Raises:
        ValueError: too many dimensions, or one that is no natural number.

    """
    given = shape if isinstance(shape, tuple | list) else (None,)
    sizes = [size for size in given[:_DIMENSIONS] if isinstance(size, int) and 0 <= size < 1 << 63]
    if len(sizes) < len(given):
        raise ValueError(f"no shape: {str(given[:_DIMENSIONS])[:100]}")
    return tuple(sizes)


def _places(first: Part, second: Part, size: int) -> Iterator[int]:
    step = max(1, _CHUNK // size) * size
    for base in range(0, first.size, step):
        one, other = (part.read(base, step) for part in (first, second))
        if one != other:
            items = (struct.iter_unpack(f"{size}s", data) for data in (one, other))
            yield from compress(count(base // size), map(ne, *items))


def _apart(type_: Scalar, first: bytes, second: bytes) -> Place:
    read = [type_.read(data) for data in (first, second)]
    if not all(isinstance(value, float) and not math.isnan(value) for value in read):
        return ()
    one, other = (_ordered(data, type_) for data in (first, second))
    return (Step(At.ULP, abs(one - other)),)


def _ordered(data: bytes, type_: Scalar) -> int:
    """Return a number that is greater by one for the next greater float."""
    bits = int.from_bytes(data, type_.order)
    sign = 1 << 8 * type_.size - 1
    return sign - bits if bits & sign else bits


def _bfloat16(data: bytes) -> float:
    value: float = struct.unpack("<f", b"\0\0" + data)[0]
    return value


def _alone(value: object) -> object:
    return value
