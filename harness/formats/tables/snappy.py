"""Snappy's raw format, which Parquet's pages are packed in by default.

The layout is that of "Snappy compressed format description" in the Snappy repository.
"""

from harness.formats.arrays.protobuf import varint
from harness.formats.cursor import Cursor

_LITERAL = 0
_LONG_LITERAL = 60


def decompressed(data: bytes, limit: int) -> bytes:
    """Return what is packed in `data`.

    Raises:
        ValueError: it is damaged, or holds more than `limit` bytes.

    """
    cursor = Cursor(data)
    size = varint(cursor)
    if size > limit:
        raise ValueError(f"Snappy content of {size} bytes: more than {limit} is not read")
    found = bytearray()
    while cursor.left and len(found) <= size:
        length, kind = divmod(cursor.take(1)[0], 4)
        if kind == _LITERAL:
            found += cursor.take(_literal(cursor, length))
        else:
            length, back = _copy(cursor, length, kind)
            found += _repeated(found, back, length)
    if len(found) != size:
        raise ValueError(f"Snappy content has {len(found)} bytes instead of {size}")
    return bytes(found)


def _literal(cursor: Cursor, length: int) -> int:
    if length < _LONG_LITERAL:
        return length + 1
    return int.from_bytes(cursor.take(length - _LONG_LITERAL + 1), "little") + 1


def _copy(cursor: Cursor, length: int, kind: int) -> tuple[int, int]:
    """Return how many bytes are repeated, and how far back they begin."""
    if kind == 1:
        return (length & 7) + 4, (length & 0x38) << 5 | cursor.take(1)[0]
    return length + 1, int.from_bytes(cursor.take(2 if kind == 2 else 4), "little")  # noqa: PLR2004


def _repeated(found: bytearray, back: int, length: int) -> bytes:
    """Return `length` bytes from `back` bytes before the end on; those may repeat themselves."""
    if not 0 < back <= len(found):
        raise ValueError(f"Snappy copy from {back} bytes back at {len(found)}")
    start = len(found) - back
    pattern = found[start : start + length]
    return bytes(pattern * (length // len(pattern) + 1))[:length]
