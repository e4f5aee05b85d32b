"""Tables of FlatBuffers: fields by their place in the schema, which the caller has.

The layout is that of "FlatBuffers internals" in the documentation of FlatBuffers. Offsets are
checked when they are followed; the number of tables is bounded, so that tables which hold one
another cannot cost much.
"""

from collections.abc import Iterator
from typing import Any

from harness.formats.cursor import Cursor

_TABLES = 200_000


class Buffer:
    """A buffer with one root table."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = _TABLES

    @property
    def root(self) -> "Table":
        """Return the root table."""
        return self.table(0)

    def table(self, place: int) -> "Table":
        """Return the table that the offset at `place` leads to.

        Raises:
            ValueError: too many tables were read, or the offset leads nowhere.

        """
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {_TABLES} FlatBuffers tables are not read")
        return Table(self, self.follow(place))

    def follow(self, place: int) -> int:
        """Return where the offset at `place` leads.

        Raises:
            ValueError: there is no offset.

        """
        return place + int(self.unpack("<I", place)[0])

    def unpack(self, layout: str, place: int) -> tuple[Any, ...]:
        """Return the values of a `struct` layout at `place`.

        Raises:
            ValueError: the buffer ends before.

        """
        return Cursor(self.data, place).unpack(layout)


class Table:
    """A table: fields by number; a field that is left out has its default."""

    def __init__(self, buffer: Buffer, place: int) -> None:
        self._buffer = buffer
        self._place = place
        self._fields = place - buffer.unpack("<i", place)[0]
        (self._size,) = buffer.unpack("<H", self._fields)

    def _at(self, number: int) -> int | None:
        place = 4 + 2 * number
        if place + 2 > self._size:
            return None
        (offset,) = self._buffer.unpack("<H", self._fields + place)
        return self._place + offset if offset else None

    def scalar(self, number: int, layout: str, default: int = 0) -> int:
        """Return a field that is a number or truth value, by its `struct` layout."""
        at = self._at(number)
        return default if at is None else int(self._buffer.unpack(layout, at)[0])

    def text(self, number: int) -> str:
        """Return a field that is a text, empty where it is left out."""
        at = self._at(number)
        if at is None:
            return ""
        place = self._buffer.follow(at)
        (size,) = self._buffer.unpack("<I", place)
        data = Cursor(self._buffer.data, place + 4).take(size)
        return data.decode("utf-8", "backslashreplace")

    def has(self, number: int) -> bool:
        """Return whether a field is there."""
        return self._at(number) is not None

    def table(self, number: int) -> "Table":
        """Return a field that is a table.

        Raises:
            ValueError: it is left out.

        """
        at = self._at(number)
        if at is None:
            raise ValueError(f"FlatBuffers table without its field {number}")
        return self._buffer.table(at)

    def tables(self, number: int) -> Iterator["Table"]:
        """Yield the tables of a field that is a vector of them."""
        for place in self._items(number, 4):
            yield self._buffer.table(place)

    def structs(self, number: int, layout: str, size: int) -> Iterator[tuple[Any, ...]]:
        """Yield the structs, of `size` bytes each, of a field that is a vector of them."""
        for place in self._items(number, size):
            yield self._buffer.unpack(layout, place)

    def _items(self, number: int, size: int) -> range:
        at = self._at(number)
        if at is None:
            return range(0)
        place = self._buffer.follow(at)
        (count,) = self._buffer.unpack("<I", place)
        Cursor(self._buffer.data, place + 4).skip(count * size)
        return range(place + 4, place + 4 + count * size, size)
