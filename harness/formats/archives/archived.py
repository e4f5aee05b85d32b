"""ar archives (static libraries, Debian packages): order, headers and contents of the members.

The format is that of the System V and GNU `ar`: a header of 60 bytes in ASCII per member, with long
names in the member "//"; BSD's long names stand before the content ("#1/SIZE").
"""

from collections.abc import Iterator

from harness.formats.archives.members import Member, compare
from harness.formats.change import Change, Content, Kind, Typed, file_time, mode
from harness.formats.cursor import Cursor

_MAGIC = b"!<arch>\n"
_MEMBERS = 100_000
_LONG_NAMES = 16 << 20
_LONG_NAME = 4096


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the order of members, then per member its header's fields and its content.

    Raises:
        ValueError: no ar archive, or damaged.

    """
    yield from compare(_members(first), _members(second))


def _members(content: Content) -> Iterator[Member]:
    cursor = Cursor(content)
    if cursor.take(len(_MAGIC)) != _MAGIC:
        raise ValueError("no ar archive")
    names = b""
    for _ in range(_MEMBERS):
        if not cursor.left:
            return
        raw, mtime, owner, group, permissions, length, end = cursor.unpack("<16s12s6s6s8s10s2s")
        if end != b"`\n":
            raise ValueError(f"no member header before {cursor.position:#x}")
        start, size = cursor.position, _number(length, 10)
        cursor.skip(size)
        stop = cursor.position
        cursor.skip(min(size % 2, cursor.left))
        raw = raw.rstrip(b" ")
        if raw == b"//":
            names = content[start : min(stop, start + _LONG_NAMES)]
            continue
        if raw.startswith(b"#1/"):
            start += min(_number(raw[3:], 10), size, _LONG_NAME)
            raw = content[stop - size : start].rstrip(b"\0")
        elif raw[:1] == b"/" and raw[1:].isdigit():
            at = int(raw[1:])
            raw = names[at : at + _LONG_NAME].partition(b"\n")[0]
        yield Member(
            name=raw.removesuffix(b"/").decode("utf-8", "backslashreplace") or "/",
            fields={
                "modification time": file_time(_number(mtime, 10)),
                "owner id": Typed(Kind.OWNER, _number(owner, 10)),
                "group id": Typed(Kind.OWNER, _number(group, 10)),
                "mode": mode(_number(permissions, 8)),
            },
            archive=content,
            start=start,
            end=stop,
            offset=start,
        )
    raise ValueError(f"more than {_MEMBERS} members")


def _number(field: bytes, base: int) -> int:
    digits = field.strip(b" \0")
    if digits and not digits.isdigit():
        raise ValueError(f"no number in an ar header: {field!r}")
    return int(digits or b"0", base)
