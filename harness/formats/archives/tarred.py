"""tar archives: the order of the members, every field of their headers, and their contents.

The formats are v7, ustar and pax of POSIX.1-2008 (`pax` interchange format) and GNU's long names
and base-256 numbers. Members are read one header of 512 bytes after the other.
"""

import re
from collections.abc import Iterator

from harness.formats.archives.members import Member, compare
from harness.formats.change import (
    At,
    Change,
    Content,
    Kind,
    Place,
    Step,
    Typed,
    file_time,
    mode,
)
from harness.formats.cursor import Cursor
from harness.formats.fields import Name, shown

_BLOCK = 512
_MEMBERS = 100_000
_EXTENDED = 1 << 20
_TYPES = {
    b"\0": "file",
    b"0": "file",
    b"1": "hard link",
    b"2": "symbolic link",
    b"3": "character device",
    b"4": "block device",
    b"5": "directory",
    b"6": "fifo",
    b"7": "file",
}
_PAX = Step(At.PART, "pax header")
_PAX_TIMES = frozenset({"mtime", "atime", "ctime"})
_DEVICES = (329, 337)
_DIGITS = re.compile(r"[0-7]")
_MAGICS = {b"ustar\x0000": "ustar", b"ustar  \0": "GNU"}


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the order of members, then per member its header's fields and its content.

    Raises:
        ValueError: no tar, or damaged.

    """
    yield from compare(_members(first), _members(second))


def _members(content: Content) -> Iterator[Member]:
    cursor = Cursor(content)
    extended: dict[str, object] = {}
    for _ in range(_MEMBERS):
        block = cursor.take(_BLOCK) if cursor.left else bytes(_BLOCK)
        if not any(block):
            return
        size = _header_size(block)
        if block[156:157] in b"xgLK":
            if size > _EXTENDED:
                raise ValueError(f"extended header of {size} bytes")
            extended |= _extension(block[156:157], cursor.take(size))
            cursor.take(min(-size % _BLOCK, cursor.left))
            continue
        member = _member(content, block, extended, cursor.position)
        cursor.take(member.size)
        cursor.take(min(-member.size % _BLOCK, cursor.left))
        yield member
        extended = {}
    raise ValueError(f"more than {_MEMBERS} members")


def _header_size(block: bytes) -> int:
    """Return the size of the content after a header whose checksum holds."""
    total = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
    if _number(block[148:156]) != total:
        raise ValueError("tar header's checksum does not hold")
    return _number(block[124:136])


def _member(content: Content, block: bytes, extended: dict[str, object], start: int) -> Member:
    kind = block[156:157]
    fields: dict[Name, object] = {
        "modification time": file_time(_number(block[136:148])),
        "mode": mode(_number(block[100:108])),
        "owner id": Typed(Kind.OWNER, _number(block[108:116])),
        "group id": Typed(Kind.OWNER, _number(block[116:124])),
        "owner name": Typed(Kind.OWNER, _text(block[265:297])),
        "group name": Typed(Kind.OWNER, _text(block[297:329])),
        "type": _TYPES.get(kind, repr(kind)),
        "link target": _text(block[157:257]),
        "device": _device(block),
        "spelling of the device": [_spelling(block[at : at + 8]) for at in _DEVICES],
        "header format": _MAGICS.get(block[257:265], "v7"),
    }
    fields |= {_pax(key): _typed(key, value) for key, value in extended.items()}
    name = _text(block[:100])
    if block[257:265] == b"ustar\x0000" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    size = extended.get("size", "")
    held = int(size) if isinstance(size, str) and size.isdecimal() else _number(block[124:136])
    return Member(
        name=str(extended.get("path", extended.get("GNU long name", name))),
        fields=fields,
        archive=content,
        start=start,
        end=start + (held if kind in b"\x0007" else 0),
        offset=start - _BLOCK,
        named=_NAMES,
    )


def _pax(key: str) -> Place:
    return _PAX, Step(At.NAME, shown(key))


_NAMES = frozenset({_pax("path"), _pax("GNU long name")})


def _typed(key: str, value: object) -> object:
    return Typed(Kind.FILE_TIME, value) if key in _PAX_TIMES else value


def _extension(kind: bytes, data: bytes) -> dict[str, object]:
    """Return the records of a pax header, or a GNU long name or link target."""
    if kind in b"LK":
        return {"GNU long name" if kind == b"L" else "GNU long link target": _text(data)}
    records: dict[str, object] = {}
    cursor = Cursor(data)
    while cursor.left:
        start = cursor.position
        digits = cursor.until(b" ")
        if not digits.isdigit() or len(digits) > len(str(_EXTENDED)):
            raise ValueError(f"pax record of {digits[:20]!r} bytes")
        record = cursor.take(int(digits) - (cursor.position - start))
        key, _, value = record.removesuffix(b"\n").partition(b"=")
        records[_text(key)] = value.decode("utf-8", "backslashreplace")
    return records


def _device(block: bytes) -> str:
    """Return the major and minor number; what is not a number here stands as it is."""
    numbers = list[str]()
    for at in _DEVICES:
        try:
            numbers.append(str(_number(block[at : at + 8])))
        except ValueError:
            numbers.append(repr(block[at : at + 8]))
    return ":".join(numbers)


def _spelling(field: bytes) -> str:
    """Return how a number is written, whichever it is."""
    if field[0] & 0x80:
        return "base 256"
    return _DIGITS.sub("0", field.rstrip(b"\0").decode("latin-1")) or "nothing"


def _number(field: bytes) -> int:
    """Return a number in octal, or in base 256 when the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if digits and not digits.isdigit():
        raise ValueError(f"no octal number: {field!r}")
    return int(digits or b"0", 8)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")
