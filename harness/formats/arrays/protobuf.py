"""Messages of protocol buffers: their fields as they lie in the wire format, by number.

The layout is that of "Encoding" in the documentation of Protocol Buffers. What a number means is
told by a schema that the caller has; groups, which no schema of today uses, are refused.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.formats.cursor import Cursor
from harness.formats.elements import Part

KINDS = ("int", "float", "double", "text", "bytes")
"""What fields hold that are no messages; integers, floats and doubles may be many in a row."""
_VARINT, _FIXED64, _SIZED, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_FIELDS = 3_000_000
_READ = 1 << 20
_CHUNK = 1 << 16
_LAYOUTS = {"float": "<f", "double": "<d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field: its number in its message, where it lies, and whether its size stands before it.

    `data` is a whole integer or float, or what a size stands before: a text, a message, or many
    numbers in a row.
    """

    number: int
    sized: bool
    data: Part


class Reader:
    """Reads fields; of all messages together, no more than a bound."""

    def __init__(self) -> None:
        self._left = _FIELDS

    def fields(self, message: Part) -> Iterator[Field]:
        """Yield the fields of a message in the order in which they are written.

        Raises:
            ValueError: it is not a message, or fields are too many.

        """
        cursor = Cursor(message.content, message.start, message.start + message.size)
        while cursor.left:
            self._left -= 1
            number, wire = divmod(varint(cursor), 8)
            if number == 0 or self._left < 0:
                raise ValueError(f"protobuf field {number} at {cursor.position:#x} is not read")
            yield Field(number=number, sized=wire == _SIZED, data=_data(wire, cursor))


def _data(wire: int, cursor: Cursor) -> Part:
    size = 0
    if wire == _SIZED:
        size = varint(cursor)
    start = cursor.position
    if wire == _VARINT:
        varint(cursor)
    elif wire in {_FIXED32, _FIXED64, _SIZED}:
        cursor.skip({_FIXED32: 4, _FIXED64: 8}.get(wire, size))
    else:
        raise ValueError(f"protobuf wire type {wire} at {start:#x}")
    return Part(content=cursor.content, start=start, size=cursor.position - start)


def varint(cursor: Cursor) -> int:
    """Return the next integer: seven bits a byte, the lowest first, at most ten bytes.

    Raises:
        ValueError: it is longer, or the content ends in it.

    """
    number = 0
    for place in range(_LONGEST_VARINT):
        byte = cursor.take(1)[0]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:  # noqa: PLR2004, the mark of a further byte
            return number
    raise ValueError(f"protobuf integer of more than {_LONGEST_VARINT} bytes")


def values(field: Field, kind: str) -> list[object]:
    """Return what a field of one of `KINDS` holds; of a long one, a text with size and digest.

    Raises:
        ValueError: it holds something else.

    """
    if field.data.size > _READ:
        return [f"{field.data.size} bytes, SHA-256 {digest(field.data)}"]
    data = field.data.read()
    if kind in _LAYOUTS:
        if len(data) % struct.calcsize(_LAYOUTS[kind]):
            raise ValueError(f"protobuf {kind} of {len(data)} bytes")
        return [value for (value,) in struct.iter_unpack(_LAYOUTS[kind], data)]
    if kind == "int":
        return list(_integers(Cursor(data)))
    if not field.sized:
        raise ValueError(f"protobuf field {field.number} is no {kind}")
    return [data.decode("utf-8", "backslashreplace") if kind == "text" else data]


def _integers(cursor: Cursor) -> Iterator[int]:
    while cursor.left:
        number = varint(cursor)
        yield number - (1 << 64) if number >> 63 else number


def digest(part: Part) -> str:
    """Return the SHA-256 of a part, in hexadecimal."""
    found = hashlib.sha256()
    for base in range(0, part.size, _CHUNK):
        found.update(part.read(base, _CHUNK))
    return found.hexdigest()


def same(first: Part, second: Part) -> bool:
    """Return whether two parts hold the same bytes."""
    return first.size == second.size and all(
        first.read(base, _CHUNK) == second.read(base, _CHUNK)
        for base in range(0, first.size, _CHUNK)
    )
