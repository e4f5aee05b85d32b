"""Thrift's compact protocol: structs as they lie in Parquet files, read into plain values.

The layout is that of "Thrift Compact protocol encoding" in Apache Thrift's documentation. What a
field's number means is told by a schema that the caller has.
"""

from collections.abc import Callable

from harness.formats.arrays.protobuf import varint
from harness.formats.change import BeyondBoundError
from harness.formats.cursor import Cursor

Value = bool | int | float | bytes | list["Value"] | dict[int, "Value"]
"""A struct is a dict by field number; a map is a list of keys and values in turn."""
_Read = Callable[[int], Value]

_DEPTH = 20
_VALUES = 1_000_000
_BOOLEANS = _TRUE, _ = 1, 2
_BYTE, _DOUBLE, _BINARY, _MAP, _STRUCT = 3, 7, 8, 11, 12
_INTEGERS = 4, 5, 6
_LISTS = 9, 10
_LONG_LIST = 15


class Reader:
    """Reads structs at a cursor; of all together, no more values than a bound."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._left = _VALUES
        self._readers: dict[int, _Read] = {
            **dict.fromkeys(_BOOLEANS, lambda _: self._byte() == _TRUE),
            **dict.fromkeys(_INTEGERS, lambda _: self._integer()),
            **dict.fromkeys(_LISTS, self._list),
            _BYTE: lambda _: int.from_bytes(cursor.take(1), signed=True),
            _DOUBLE: lambda _: float(cursor.unpack("<d")[0]),
            _BINARY: lambda _: cursor.take(varint(cursor)),
            _MAP: self._map,
            _STRUCT: self.struct,
        }

    def struct(self, depth: int = 0) -> dict[int, Value]:
        """Return the next struct.

        Raises:
            ValueError: it is none, or too large or too deep.

        """
        found: dict[int, Value] = {}
        number = 0
        while (head := self._byte()) != 0:
            step, kind = divmod(head, 16)
            number = number + step if step else self._integer()
            found[number] = kind == _TRUE if kind in _BOOLEANS else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Value:
        self._left -= 1
        if self._left < 0 or depth == _DEPTH:
            raise BeyondBoundError(
                f"Thrift: {_VALUES} values, nested {_DEPTH} deep, are read at most"
            )
        if kind not in self._readers:
            raise ValueError(f"Thrift type {kind}")
        return self._readers[kind](depth + 1)

    def _list(self, depth: int) -> list[Value]:
        size, kind = divmod(self._byte(), 16)
        if size == _LONG_LIST:
            size = varint(self._cursor)
        return [self._value(kind, depth) for _ in range(size)]

    def _map(self, depth: int) -> list[Value]:
        size = varint(self._cursor)
        kinds = divmod(self._byte(), 16) if size else ()
        return [self._value(kind, depth) for _ in range(size) for kind in kinds]

    def _byte(self) -> int:
        return self._cursor.take(1)[0]

    def _integer(self) -> int:
        number = varint(self._cursor)
        return number >> 1 ^ -(number & 1)
