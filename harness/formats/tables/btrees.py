"""SQLite's pages: the b-trees that hold tables, and the records in them, read without any SQL.

The layout is that of "Database File Format" in SQLite's documentation. Every page is used by one
tree only: a page that is met twice is damage, so a reading never takes longer than the file is.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.formats.change import BeyondBoundError, Content
from harness.formats.cursor import Cursor

MAGIC = b"SQLite format 3\0"
HEADER = 100
"""Bytes of the file's header, which stands at the beginning of page 1."""
PAGE_SIZE_AT = 16
_RESERVED_AT = 20
_LARGEST = 1 << 16
_SMALLEST = 512
_USABLE = 480
_DEPTH = 20
_PAYLOAD = 16 << 20
_INDEX_INTERIOR, _TABLE_INTERIOR, _INDEX_LEAF, _TABLE_LEAF = 2, 5, 10, 13
_INTERIOR = _INDEX_INTERIOR, _TABLE_INTERIOR
NUMBERED = _TABLE_INTERIOR, _TABLE_LEAF
"""The kinds of pages of trees whose records have numbers, in whose order they stand."""
KINDS = {
    _INDEX_INTERIOR: "index interior",
    _TABLE_INTERIOR: "table interior",
    _INDEX_LEAF: "index leaf",
    _TABLE_LEAF: "table leaf",
}
"""What the first byte of a tree's page says."""
_CHILD = 4
_LONG_VARINT = 8
_NULL, _FLOAT, _ZERO, _ONE, _BLOB, _TEXT = 0, 7, 8, 9, 12, 13
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record: the number of its row (0 in an index), and its bytes as `values` takes them."""

    number: int
    payload: bytes


class Pages:
    """A file's pages, numbered from 1. `used` are those that were read."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.used: set[int] = set()
        cursor = Cursor(content)
        if cursor.take(len(MAGIC)) != MAGIC:
            raise ValueError("no SQLite database")
        (size,) = Cursor(content, PAGE_SIZE_AT).unpack(">H")
        (reserved,) = Cursor(content, _RESERVED_AT).unpack(">B")
        self.size: int = _LARGEST if size == 1 else size
        self.usable: int = self.size - reserved
        if self.size < _SMALLEST or self.size & (self.size - 1) or self.usable < _USABLE:
            raise ValueError(f"SQLite pages of {self.size} bytes, {self.usable} of them usable")

    def kind(self, number: int) -> int:
        """Return what a page of a b-tree is: one of `KINDS`; another number for other pages."""
        at = (number - 1) * self.size + (HEADER if number == 1 else 0)
        return int.from_bytes(self.content[at : at + 1])

    def rows(self, root: int, depth: int = 0) -> Iterator[Row]:
        """Yield the records of the tree at page `root`, in the tree's order.

        Raises:
            ValueError: the tree is damaged.

        """
        if depth > _DEPTH:
            raise BeyondBoundError(f"SQLite tree deeper than {_DEPTH} at page {root}")
        page = self._page(root)
        start = HEADER if root == 1 else 0
        kind, _, cells, _, _ = Cursor(page, start).unpack(">BHHHB")
        if kind not in KINDS:
            raise ValueError(f"SQLite page {root} of kind {kind} is in no tree")
        cursor = Cursor(page, start + 8)
        rightmost = cursor.unpack(">I") if kind in _INTERIOR else ()
        for (place,) in struct.iter_unpack(">H", cursor.take(2 * cells)):
            cell = Cursor(page, place)
            if kind in _INTERIOR:
                yield from self.rows(cell.unpack(">I")[0], depth + 1)
            if kind != _TABLE_INTERIOR:
                yield self._row(kind, cell)
        for child in rightmost:
            yield from self.rows(child, depth + 1)

    def _page(self, number: int) -> bytes:
        if number in self.used:
            raise ValueError(f"SQLite page {number} is used twice")
        self.used.add(number)
        return Cursor(self.content, (number - 1) * self.size).take(self.size)[: self.usable]

    def _row(self, kind: int, cell: Cursor) -> Row:
        """Return the record of a cell, the rest of which may lie in a chain of further pages."""
        size = varint(cell)
        number = signed(varint(cell)) if kind == _TABLE_LEAF else 0
        if size > _PAYLOAD:
            raise BeyondBoundError(
                f"SQLite record of {size} bytes: more than {_PAYLOAD} is not read"
            )
        local = self._local(kind, size)
        payload = bytearray(cell.take(local))
        following = cell.unpack(">I")[0] if local < size else 0
        while len(payload) < size:
            page = self._page(following)
            following = int.from_bytes(page[:_CHILD])
            payload += page[_CHILD : _CHILD + size - len(payload)]
        return Row(number=number, payload=bytes(payload))

    def _local(self, kind: int, size: int) -> int:
        """Return how many bytes of a record lie in the tree's own page."""
        least = (self.usable - 12) * 32 // 255 - 23
        most = self.usable - 35 if kind == _TABLE_LEAF else (self.usable - 12) * 64 // 255 - 23
        if size <= most:
            return size
        wanted = least + (size - least) % (self.usable - _CHILD)
        return wanted if wanted <= most else least


def values(payload: bytes, encoding: str) -> tuple[Value, ...]:
    """Return a record's values; texts are read in the file's encoding.

    Raises:
        ValueError: the record is damaged.

    """
    head = Cursor(payload)
    body = Cursor(payload, varint(head))
    head.end = min(body.position, head.end)
    found: list[Value] = []
    while head.left:
        found.append(_value(varint(head), body, encoding))
    return tuple(found)


def _value(kind: int, body: Cursor, encoding: str) -> Value:
    if kind in _INTEGERS:
        return int.from_bytes(body.take(_INTEGERS[kind]), signed=True)
    if kind >= _BLOB:
        data = body.take((kind - _BLOB) // 2)
        return data.decode(encoding, "backslashreplace") if kind % 2 else data
    if kind == _FLOAT:
        number: float = body.unpack(">d")[0]
        return number
    if kind in {_NULL, _ZERO, _ONE}:
        return {_NULL: None, _ZERO: 0, _ONE: 1}[kind]
    raise ValueError(f"SQLite value of kind {kind}")


def varint(cursor: Cursor) -> int:
    """Return the next integer: seven bits a byte, the highest first, eight in a ninth byte.

    Raises:
        ValueError: the content ends in it.

    """
    place = cursor.position
    head = cursor.content[place : min(place + _LONG_VARINT, cursor.end)]
    number = 0
    for byte in head:
        cursor.position += 1
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004, the mark of a further byte
            return number
    return number << 8 | cursor.take(1)[0]


def signed(number: int) -> int:
    """Return what 64 bits are in two's complement."""
    return number - (1 << 64) if number >> 63 else number
