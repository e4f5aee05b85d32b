"""MATLAB's files of version 5 to 7: when they were made, and variables by element and field.

The layout is that of "MAT-File Format" of The MathWorks, level 5. Version 7.3 is HDF5. Objects of
classes and functions are compared as bytes.
"""

import math
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.formats.archives.compressed import unpacked
from harness.formats.arrays import decoded
from harness.formats.change import At, BeyondBoundError, Change, Content, Kind, Step, Typed
from harness.formats.cursor import Cursor
from harness.formats.fields import differing, shown, unique
from harness.formats.packing import packing, telling

_LARGEST = 256 << 20
_UNPACKED = 128 << 20
_TEXT, _ORDER_AT, _HEADER = 116, 126, 128
_ORDERS = {b"IM": "<", b"MI": ">"}
_DEPTH = 30
_ELEMENTS = 100_000
_SMALL = 4
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
    16: "u1",
    17: "u2",
    18: "u4",
}
_CELL, _STRUCT, _CHARACTERS, _SPARSE = 1, 2, 4, 5
_CLASSES = {
    6: "f8",
    7: "f4",
    8: "i1",
    9: "u1",
    10: "i2",
    11: "u2",
    12: "i4",
    13: "u4",
    14: "i8",
    15: "u8",
}
_COMPLEX = 0x800
_MATLAB = Step(At.PART, "MATLAB")


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the differing header, then variables, or that only the packing differs.

    Raises:
        ValueError: no such file, too large, or damaged.

    """
    ours, theirs = ({"header": Typed(Kind.TIME, _text(it))} for it in (first, second))
    yield from differing(ours, theirs, (_MATLAB,), 0)
    told = yield from telling(decoded.walk(_variables(first), _variables(second), (_MATLAB,)))
    if not told and first[_TEXT:] != second[_TEXT:]:
        yield packing("MATLAB encoding", "values", first, second)


def _text(content: Content) -> str:
    return content[:_TEXT].decode("latin-1").rstrip(" \0")


def _variables(content: Content) -> dict[str, Any]:
    if len(content) > _LARGEST:
        raise BeyondBoundError(f"a MATLAB file of more than {_LARGEST} bytes is not read")
    mark = content[_ORDER_AT:_HEADER]
    if mark not in _ORDERS:
        raise ValueError(f"no MATLAB file of version 5: {mark!r}")
    reader = _Reader(_ORDERS[mark])
    return unique(reader.variables(Cursor(content, _HEADER)))


class _Reader:
    """What reads elements of one byte order, within a bound on their number and size."""

    def __init__(self, order: str) -> None:
        self._order = order
        self._left = _ELEMENTS
        self._unpacked = _UNPACKED

    def variables(self, cursor: Cursor) -> Iterator[tuple[str, Any]]:
        """Yield the variables of a file, or of a compressed part of one, by name."""
        while cursor.left:
            kind, inner = self._element(cursor)
            if kind == _COMPRESSED:
                packed = inner.take(inner.left)
                data, whole = unpacked(packed, zlib.decompressobj, max(1, self._unpacked))
                self._unpacked -= len(data)
                if not whole:
                    raise BeyondBoundError(f"variables of more than {_UNPACKED} bytes")
                yield from self.variables(Cursor(data))
            elif kind == _MATRIX:
                yield self._matrix(inner, 0)

    def _element(self, cursor: Cursor) -> tuple[int, Cursor]:
        """Return the type of the next element and its data, and step over its padding."""
        self._left -= 1
        if self._left < 0:
            raise BeyondBoundError(f"a MATLAB file of more than {_ELEMENTS} elements is not read")
        (kind,) = cursor.unpack(self._order + "I")
        size = kind >> 16
        is_small = size > 0
        if not is_small:
            (size,) = cursor.unpack(self._order + "I")
        start = cursor.position
        cursor.skip(max(size, _SMALL) if is_small else size)
        if kind != _COMPRESSED and not is_small:
            cursor.skip(min(-size % 8, cursor.left))
        return kind & 0xFFFF, Cursor(cursor.content, start, start + size)

    def _numbers(self, cursor: Cursor) -> Any:
        kind, inner = self._element(cursor)
        if kind not in _NUMBERS:
            raise ValueError(f"a MATLAB element of type {kind} instead of numbers")
        type_ = np.dtype(self._order + _NUMBERS[kind])
        data = inner.take(inner.left)
        return np.frombuffer(data[: len(data) // type_.itemsize * type_.itemsize], type_)

    def _matrix(self, cursor: Cursor, depth: int) -> tuple[str, Any]:
        """Return an array's name, and its value."""
        if depth > _DEPTH:
            raise BeyondBoundError(f"a MATLAB file nested more than {_DEPTH} deep is not read")
        if not cursor.left:
            return "", None
        flags, shape, name = (self._numbers(cursor) for _ in range(3))
        if not len(flags) or not 0 <= math.prod(map(int, shape)) <= _LARGEST:
            raise ValueError(f"a MATLAB array of shape {shape[:9]}")
        value = self._value(cursor, int(flags[0]), tuple(map(int, shape)), depth)
        return shown(name.tobytes().decode("latin-1")), value

    def _value(self, cursor: Cursor, flags: int, shape: tuple[int, ...], depth: int) -> Any:
        kind, count = flags & 0xFF, math.prod(shape)
        if kind in _CLASSES:
            return self._array(cursor, flags, shape)
        if kind == _CHARACTERS:
            return "".join(map(chr, self._numbers(cursor).astype("u4") % 0x110000))
        if kind == _CELL:
            return [self._inner(cursor, depth) for _ in range(count)]
        if kind == _STRUCT:
            width, names = int(self._numbers(cursor)[:1].sum()), self._numbers(cursor).tobytes()
            fields = [
                names[at : at + width].partition(b"\0")[0].decode("latin-1")
                for at in range(0, len(names), max(width, 1))
            ]
            return [
                unique((name, self._inner(cursor, depth)) for name in fields)
                for _ in range(count if fields else 0)
            ]
        if kind == _SPARSE:
            parts = ["rows", "columns", "values", "imaginary"][: 3 + bool(flags & _COMPLEX)]
            return {name: self._numbers(cursor) for name in parts}
        return cursor.take(cursor.left)

    def _inner(self, cursor: Cursor, depth: int) -> Any:
        kind, inner = self._element(cursor)
        if kind != _MATRIX:
            raise ValueError(f"a MATLAB element of type {kind} instead of an array")
        return self._matrix(inner, depth + 1)[1]

    def _array(self, cursor: Cursor, flags: int, shape: tuple[int, ...]) -> Any:
        """Return numbers of the array's class, which may be stored as smaller ones."""
        with np.errstate(all="ignore"):
            found = self._numbers(cursor).astype(_CLASSES[flags & 0xFF])
            if flags & _COMPLEX:
                found = found + 1j * self._numbers(cursor)
        return found.reshape(shape, order="F")
