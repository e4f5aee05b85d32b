"""cpio archives of the portable ASCII form (newc, crc): order, headers and contents of the members.

The format is that of cpio(5), "New ASCII Format": after a magic of six characters, thirteen numbers
of eight hexadecimal digits, then the name and the content, each padded to four bytes. An initramfs
may be several archives one behind the other, with zeros between them.
"""

from collections.abc import Iterator

from harness.formats.archives.members import Member, compare
from harness.formats.change import Change, Content, Kind, Typed, file_time, mode
from harness.formats.cursor import Cursor

_MAGICS = {b"070701", b"070702"}
_END = b"TRAILER!!!"
_MEMBERS = 100_000
_LONGEST = 4096
_NUMBERS = 13


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the order of members, then per member its header's fields and its content.

    Raises:
        ValueError: no such archive, or damaged.

    """
    yield from compare(_members(first), _members(second))


def _members(content: Content) -> Iterator[Member]:
    cursor = Cursor(content)
    for _ in range(_MEMBERS):
        _skip_zeros(cursor)
        if not cursor.left:
            return
        if (member := _member(cursor)).name != _END.decode():
            yield member
    raise ValueError(f"more than {_MEMBERS} members")


def _skip_zeros(cursor: Cursor) -> None:
    """Step over the padding behind an archive."""
    while cursor.left and not cursor.content[cursor.position : cursor.position + 1].strip(b"\0"):
        cursor.skip(min(cursor.left, 4 - cursor.position % 4))


def _member(cursor: Cursor) -> Member:
    if (magic := cursor.take(6)) not in _MAGICS:
        raise ValueError(f"no member header before {cursor.position:#x}: {magic!r}")
    inode, permissions, owner, group, links, mtime, size, *device, length, _ = (
        _number(cursor.take(8)) for _ in range(_NUMBERS)
    )
    if not 0 < length <= _LONGEST:
        raise ValueError(f"a name of {length} bytes")
    name = cursor.take(length).rstrip(b"\0")
    cursor.skip(min(-cursor.position % 4, cursor.left))
    start = cursor.position
    cursor.skip(size)
    end = cursor.position
    cursor.skip(min(-cursor.position % 4, cursor.left))
    fields: dict[str, object] = {
        "mtime": file_time(mtime),
        "mode": mode(permissions),
        "owner id": Typed(Kind.OWNER, owner),
        "group id": Typed(Kind.OWNER, group),
        "inode": Typed(Kind.INODE, inode),
        "links": links,
        "device": ".".join(map(str, device)),
    }
    return Member(
        name=name.decode("utf-8", "backslashreplace"),
        fields=fields,
        archive=cursor.content,
        start=start,
        end=end,
        offset=start,
    )


def _number(digits: bytes) -> int:
    try:
        return int(digits, 16)
    except ValueError as error:
        raise ValueError(f"no number in a cpio header: {digits!r}") from error
