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


def library(
    *,
    needed: tuple[str, ...] = (),
    soname: str = "",
    runpath: str = "",
    rpath: str = "",
    versions: tuple[str, ...] = (),
) -> bytes:
    """Return a shared library with a dynamic section, all of it in one segment from address 0."""
    texts = b"\0"
    at: dict[str, int] = {}
    for text in (*needed, soname, runpath, rpath, *versions):
        at[text] = len(texts)
        texts += text.encode() + b"\0"
    start = _HEADER.size + 2 * _PROGRAM.size
    versions_at = start + len(texts)
    auxiliary = b"".join(
        struct.pack("<IHHII", 0, 0, 2, at[one], 16 if one != versions[-1] else 0)
        for one in versions
    )
    need = struct.pack("<HHIII", 1, len(versions), 0, 16, 0) + auxiliary if versions else b""
    tags = [(1, at[one]) for one in needed]
    tags += [(tag, at[one]) for tag, one in ((14, soname), (29, runpath), (15, rpath)) if one]
    tags += [(0x6FFFFFFE, versions_at), (0x6FFFFFFF, 1)] if versions else []
    dynamic = b"".join(
        struct.pack("<QQ", *one) for one in (*tags, (5, start), (10, len(texts)), (0, 0))
    )
    dynamic_at = versions_at + len(need)
    size = dynamic_at + len(dynamic)
    ident = b"\x7fELF\x02\x01\x01"
    header = _HEADER.pack(
        ident, 3, 62, 1, 0, _HEADER.size, 0, 0, _HEADER.size, _PROGRAM.size, 2, 0, 0, 0
    )
    load = _PROGRAM.pack(1, 4, 0, 0, 0, size, size, 1)
    section = _PROGRAM.pack(2, 4, dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic), 1)
    return header + load + section + texts + need + dynamic
