"""MessagePack and CBOR (RFC 8949): which value differs, by its path, as of JSON.

Keys that are not texts, dates and tags stand as Python writes them; an extension is a list of its
number and its bytes. A file of several values is a list of them.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any

import cbor2
import msgpack

from harness.formats.change import BeyondBoundError, Change, Content
from harness.formats.documents.structured import walk
from harness.formats.guarded import read_by
from harness.formats.packing import packing, telling
from harness.formats.plain import plain

_LARGEST = 32 << 20


def explain_msgpack(first: Content, second: Content) -> Iterator[Change]:
    """Yield each differing value of two MessagePack contents, by path.

    Raises:
        ValueError: no MessagePack, too long or too deep.

    """
    yield from _explained("MessagePack", _msgpack, first, second)


def explain_cbor(first: Content, second: Content) -> Iterator[Change]:
    """Yield each differing value of two CBOR contents, by path.

    Raises:
        ValueError: no CBOR, too long or too deep.

    """
    yield from _explained("CBOR", _cbor, first, second)


def _explained(
    name: str, read: Callable[[bytes], list[Any]], first: Content, second: Content
) -> Iterator[Change]:
    if max(len(first), len(second)) > _LARGEST:
        raise BeyondBoundError(f"{name} of more than {_LARGEST} bytes is not read")
    ours, theirs = (_read(name, read, content[:]) for content in (first, second))
    told = yield from telling(walk(ours, theirs))
    if not told and first[:] != second[:]:
        yield packing(f"{name} encoding", "values", first, second)


def _read(name: str, read: Callable[[bytes], list[Any]], data: bytes) -> Any:
    with read_by(name):
        values: list[Any] = plain(read(data))
    return values[0] if len(values) == 1 else values


def _msgpack(data: bytes) -> list[Any]:
    unpacker = msgpack.Unpacker(
        strict_map_key=False, max_buffer_size=_LARGEST, unicode_errors="backslashreplace"
    )
    unpacker.feed(data)
    values, end = [], 0
    for value in unpacker:
        values.append(value)
        end = unpacker.tell()
    if end != len(data):
        raise ValueError("cut short")
    return values


def _cbor(data: bytes) -> list[Any]:
    file = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(file, read_size=1, str_errors="backslashreplace")
    values = []
    while file.tell() < len(data):
        values.append(decoder.decode())
    return values
