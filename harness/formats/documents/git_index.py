"""Git's index: per path what Git noted of the file, times and inode among it.

The format is that of gitformat-index(5), versions 2 to 4; extensions behind the entries are read
as bytes.
"""

from collections.abc import Iterator

from harness.formats.change import At, Change, Content, Kind, Typed, field, file_time, mode
from harness.formats.cursor import Cursor
from harness.formats.fields import changed, differing, order, shown, unique
from harness.formats.nested import Nesting

_ENTRIES = 200_000
_VERSIONS = {2, 3, 4}
_EXTENDED = 0x4000
_COMPRESSED = 4
_LONGEST = 1 << 16
_MORE = 0x80


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the order of entries, then per path its fields, then what is behind the entries.

    Raises:
        ValueError: no index, or damaged.

    """
    (ours, here), (theirs, there) = (_entries(content) for content in (first, second))
    yield from order(field("order of entries"), list(ours), list(theirs), Kind.LISTING)
    for path in dict.fromkeys((*ours, *theirs)):
        place = field(shown(path), At.ENTRY)
        one, other = ours.get(path), theirs.get(path)
        if one is None or other is None:
            states = ["there" if entry else "" for entry in (one, other)]
            yield changed(place, *(Typed(Kind.PRESENCE, state) for state in states))
        else:
            yield from differing(one, other, place)
    slices = (first, here, len(first) - 20), (second, there, len(second) - 20)
    yield from Nesting.of(first).slices(field("extensions"), "", *slices)
    sums = [
        {"checksum": Typed(Kind.DIGEST, content[len(content) - 20 :].hex())}
        for content in (first, second)
    ]
    yield from differing(sums[0], sums[1])


def _entries(content: Content) -> tuple[dict[str, dict[str, object]], int]:
    """Return the fields of each path, and where the entries end."""
    cursor = Cursor(content)
    magic, version, count = cursor.unpack(">4sII")
    if magic != b"DIRC" or version not in _VERSIONS or count > _ENTRIES:
        raise ValueError(f"no index of Git: {magic!r}, version {version}, {count} entries")
    found: list[tuple[str, dict[str, object]]] = []
    path = b""
    for _ in range(count):
        fields, path = _entry(cursor, version, path)
        found.append((path.decode("utf-8", "backslashreplace"), fields))
    return unique(found), cursor.position


def _entry(cursor: Cursor, version: int, before: bytes) -> tuple[dict[str, object], bytes]:
    start = cursor.position
    made, _, written, _, device, inode, permissions, owner, group, size, digest, flags = (
        cursor.unpack(">10I20sH")
    )
    if flags & _EXTENDED:
        cursor.skip(2)
    if version == _COMPRESSED:
        kept = _length(cursor)
        path = before[: max(0, len(before) - kept)] + cursor.until(b"\0")
    else:
        path = cursor.until(b"\0")
        cursor.skip(-(cursor.position - start) % 8)
    if len(path) > _LONGEST:
        raise ValueError(f"a path of {len(path)} bytes")
    fields: dict[str, object] = {
        "ctime": file_time(made),
        "mtime": file_time(written),
        "inode": Typed(Kind.INODE, inode),
        "device": device,
        "mode": mode(permissions),
        "owner id": Typed(Kind.OWNER, owner),
        "group id": Typed(Kind.OWNER, group),
        "size": size,
        "object id": Typed(Kind.DIGEST, digest.hex()),
        "flags": f"{flags:#06x}",
    }
    return fields, path


def _length(cursor: Cursor) -> int:
    """Return how many bytes of the path before are dropped, as packs write offsets."""
    byte = cursor.take(1)[0]
    value = byte & ~_MORE
    while byte & _MORE and value < _LONGEST:
        byte = cursor.take(1)[0]
        value = ((value + 1) << 7) | (byte & ~_MORE)
    return value
