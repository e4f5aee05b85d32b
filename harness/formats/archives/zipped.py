"""zip archives, wheels among them: order, every header field that varies, and the contents.

The format is APPNOTE.TXT 6.3.10. The central directory is read first, then each member's local
header; a field that differs in both is said once. Encrypted members are not looked into.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from harness.formats.archives.compressed import Decompressor, unpacked, zstd_decompressor
from harness.formats.archives.members import Member, compare
from harness.formats.archives.renamed import digest
from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed, field
from harness.formats.cursor import Cursor
from harness.formats.fields import differing, unique
from harness.formats.nested import Nesting

_END = b"PK\5\6"
_END_SIZE = 22
_END_64 = b"PK\6\6"
_LOCATOR_64 = b"PK\6\7"
_CENTRAL = b"PK\1\2"
_LOCAL = b"PK\3\4"
_EXTRA_HEADER = 4
_MEMBERS = 200_000
_FULL_32, _FULL_16 = 0xFFFFFFFF, 0xFFFF
_ENCRYPTED, _UTF_8 = 1, 1 << 11
_METHODS = {0: "stored", 8: "deflate", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz"}
_DECOMPRESSORS: dict[int, Callable[[], Decompressor]] = {
    8: lambda: zlib.decompressobj(-zlib.MAX_WBITS),
    12: bz2.BZ2Decompressor,
    93: zstd_decompressor,
    95: lzma.LZMADecompressor,
}
_LOCALLY = Step(At.PART, "local header's")
_SYSTEMS = {0: "FAT", 3: "Unix", 10: "NTFS", 19: "macOS"}
_EXTRA = {
    0x0001: "zip64",
    0x000A: "NTFS times",
    0x5455: "extended timestamp",
    0x5855: "old Info-ZIP Unix times",
    0x7075: "Unicode path",
    0x7875: "Unix uid and gid",
    0xCAFE: "jar marker",
}
_TIMES = frozenset({0x000A, 0x5455, 0x5855})
"""Extra fields that hold times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member(Member):
    """A member: fields of its directory entry and its local header; its bytes are compressed.

    `unpacked` is the size of its content, `occupied` that of header and compressed bytes.
    """

    local: dict[str, object]
    method: int
    flags: int
    crc: int
    unpacked: int
    occupied: int

    @property
    def size(self) -> int:
        """How many bytes it holds, unpacked."""
        return self.unpacked

    @property
    def key(self) -> Hashable:
        """How it is packed, and the packed bytes."""
        packed = digest(self.archive, self.start, self.end)
        return self.method, self.unpacked, self.crc, packed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory:
    """Where the central directory lies, how many entries it has, and the archive's comment.

    `base` is how many bytes stand before the archive.
    """

    start: int
    size: int
    count: int
    base: int
    comment: bytes


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the order of members, then per member its fields and its content.

    Raises:
        ValueError: no zip, or damaged.

    """
    heads = _directory(first), _directory(second)
    sides = [_members(content, head) for content, head in zip((first, second), heads, strict=True)]
    yield from compare(sides[0], sides[1], _inside)
    yield from differing(_outside(heads[0]), _outside(heads[1]))


def _outside(head: _Directory) -> dict[str, object]:
    return {"archive comment": head.comment, "bytes before the archive": head.base}


def _inside(place: Place, one: _Member, other: _Member) -> Iterator[Change]:
    """Yield what the local headers alone tell, then what differs in the contents."""
    said = {change.place[-1] for change in differing(one.fields, other.fields)}
    for change in differing(one.local, other.local, (*place, _LOCALLY), one.offset):
        if change.place[-1] not in said:
            yield change
    packed = [member.archive[member.start : member.end] for member in (one, other)]
    if packed[0] == packed[1] and one.method == other.method:
        return
    nesting = Nesting.of(one.archive)
    limit = nesting.limit
    if max(one.unpacked, other.unpacked) > limit or (one.flags | other.flags) & _ENCRYPTED:
        states = [f"{m.unpacked} bytes, CRC {m.crc:08x}, not looked into" for m in (one, other)]
        where = (*place, *field("content"))
        yield Change(kind=Kind.UNREAD, place=where, first=states[0], second=states[1])
        return
    ours, theirs = (_content(*pair, limit) for pair in zip(packed, (one, other), strict=True))
    yield from nesting.inside(place, one.name, ours, theirs)
    if ours == theirs and one.method == other.method:
        states = [f"same content in {len(data)} bytes" for data in packed]
        where = (*place, *field("compressed data"))
        yield Change(kind=Kind.PACKING, place=where, first=states[0], second=states[1])


def _content(packed: bytes, member: _Member, limit: int) -> bytes:
    """Return a member's content, or its compressed bytes when its method is not known here."""
    start = _DECOMPRESSORS.get(member.method)
    return unpacked(packed, start, limit)[0] if start else packed


def _directory(content: Content) -> _Directory:
    end = _last(content)
    cursor = Cursor(content, end)
    _, _, _, _, count, size, start, length = cursor.unpack("<4s4H2IH")
    comment = cursor.take(min(length, cursor.left))
    locator = Cursor(content, max(end - 20, 0))
    if _FULL_32 in {size, start} or count == _FULL_16:
        magic, _, at, _ = locator.unpack("<4sIQI")
        if magic != _LOCATOR_64:
            raise ValueError("no zip64 locator")
        # The offset leaves out what stands before the archive: the record ends at the locator.
        end = content.find(_END_64, at, end)
        magic, _, _, _, _, _, _, count, size, start = Cursor(content, end).unpack("<4sQ2H2I4Q")
    base = end - size - start
    if base < 0 or count > _MEMBERS:
        raise ValueError(f"central directory of {size} bytes at {start}, which ends at {end}")
    return _Directory(start=start + base, size=size, count=count, base=base, comment=comment)


def _last(content: Content) -> int:
    """Return where the end record begins: the last place whose comment reaches the end."""
    start = max(len(content) - _END_SIZE - _FULL_16, 0)
    tail = content[start:]
    found = tail.rfind(_END)
    if found < 0:
        raise ValueError("no end of a central directory")
    return start + found


def _members(content: Content, head: _Directory) -> Iterator[_Member]:
    cursor = Cursor(content, head.start, head.start + head.size)
    left = len(content)
    for _ in range(head.count):
        member = _member(content, cursor, head.base)
        left -= member.occupied
        if left < 0:
            raise ValueError("members lie over one another")
        yield member


def _member(content: Content, cursor: Cursor, base: int) -> _Member:
    entry = cursor.unpack("<4sBBHHHHHIIIHHHHHII")
    magic, version, system, needed, flags, method, time, date, crc, packed, size = entry[:11]
    lengths, (_, internal, external, offset) = entry[11:14], entry[14:]
    if magic != _CENTRAL:
        raise ValueError(f"no central directory entry: {magic!r}")
    name, extra, comment = (cursor.take(length) for length in lengths)
    fields: dict[str, object] = {
        **_shared(needed, flags, method, time, date),
        "create_system": _SYSTEMS.get(system, system),
        "create_version": version,
        "external attributes": Typed(Kind.MODE, _attributes(external, system)),
        "internal attributes": internal,
        "comment": comment,
        **_extra(extra),
    }
    size, packed, offset = _wide(extra, (size, packed, offset))
    local, start = _local(content, base + offset)
    local["name"] = local["name"] if local["name"] != name else "as in the directory"
    return _Member(
        name=name.decode("utf-8" if flags & _UTF_8 else "cp437", "backslashreplace"),
        fields=fields,
        local=local,
        method=method,
        flags=flags,
        crc=crc,
        unpacked=size,
        archive=content,
        start=start,
        end=start + packed,
        offset=start,
        occupied=start - offset - base + packed,
    )


def _local(content: Content, offset: int) -> tuple[dict[str, object], int]:
    """Return the fields of a local header, and where the data after it begin."""
    cursor = Cursor(content, offset)
    magic, needed, flags, method, time, date, _, _, _, size, extra = cursor.unpack("<4s5H3I2H")
    if magic != _LOCAL:
        raise ValueError(f"no local header at {offset:#x}: {magic!r}")
    name = cursor.take(size)
    fields = {"name": name, **_shared(needed, flags, method, time, date)}
    return fields | _extra(cursor.take(extra)), cursor.position


def _shared(needed: int, flags: int, method: int, time: int, date: int) -> dict[str, object]:
    day = f"{1980 + (date >> 9)}-{date >> 5 & 15:02}-{date & 31:02}"
    clock = f"{time >> 11:02}:{time >> 5 & 63:02}:{(time & 31) * 2:02}"
    return {
        "modification time": Typed(Kind.FILE_TIME, f"{day} {clock}"),
        "flags": f"{flags:#06x}",
        "compression method": _METHODS.get(method, method),
        "version needed": needed,
    }


def _attributes(external: int, system: int) -> str:
    mode = f" (mode {external >> 16:06o})" if _SYSTEMS.get(system) in {"Unix", "macOS"} else ""
    return f"{external:#010x}{mode}"


def _extra(data: bytes) -> dict[str, object]:
    """Return extra fields by name; bytes that form none are kept as they are."""
    found: list[tuple[str, object]] = []
    cursor = Cursor(data)
    while cursor.left >= _EXTRA_HEADER:
        kind, size = cursor.unpack("<HH")
        name = f"extra field {kind:#06x}"
        label = f"{name} ({_EXTRA[kind]})" if kind in _EXTRA else name
        value = cursor.take(min(size, cursor.left)).hex(" ")
        found.append((label, Typed(Kind.FILE_TIME, value) if kind in _TIMES else value))
    rest = cursor.take(cursor.left)
    return unique([*found, ("padding of extra fields", rest)] if rest else found)


def _wide(extra: bytes, values: tuple[int, int, int]) -> list[int]:
    """Return size, packed size and offset with those that are full taken from the zip64 field."""
    at = {name: value for name, value in _extra(extra).items() if name.endswith("(zip64)")}
    cursor = Cursor(bytes.fromhex(str(next(iter(at.values()), ""))))
    return [cursor.unpack("<Q")[0] if value == _FULL_32 else value for value in values]
