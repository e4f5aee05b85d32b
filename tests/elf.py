"""Small ELF files, as far as builders look into them."""

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of the file: its kind and flags, its bytes, and where it would be in memory."""

    kind: int
    content: bytes
    address: int
    flags: int = 4


def elf(*segments: Segment, page: int = 1) -> bytes:
    """Return a file of segments, each at the start of a page."""
    at = _HEADER.size + _PROGRAM.size * len(segments)
    headers, body = b"", b""
    for one in segments:
        at += -at % page
        body += bytes(at - _HEADER.size - _PROGRAM.size * len(segments) - len(body)) + one.content
        size = len(one.content)
        headers += _PROGRAM.pack(
            one.kind, one.flags, at, one.address, one.address, size, size, page
        )
        at += size
    ident = b"\x7fELF\x02\x01\x01"
    count = len(segments)
    header = _HEADER.pack(
        ident, 3, 62, 1, 0, _HEADER.size, 0, 0, _HEADER.size, _PROGRAM.size, count, 0, 0, 0
    )
    return header + headers + body + bytes(-at % page)


def program_headers(data: bytes) -> list[tuple[int, ...]]:
    """Return kind, flags, offset, address, physical address, sizes and alignment of each."""
    start, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    return [_PROGRAM.unpack_from(data, start + n * _PROGRAM.size) for n in range(count)]
