"""ELF files, 32 and 64 bits, either byte order: debug paths, strings, symbols, sections, build id.

The layout is that of the System V gABI, chapter 4; notes are those of GNU ld.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from harness.formats.archives.compressed import unpacked
from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed, field
from harness.formats.cursor import Cursor
from harness.formats.fields import changed, differing, shown, unique
from harness.formats.nested import Nesting
from harness.formats.programs.dwarf import units
from harness.formats.sequences import runs

_ORDERS = {1: "<", 2: ">"}
_SECTIONS = 20_000
_STRINGS = 200_000
_SYMBOLS = 200_000
_NOBITS, _RELOCATABLE = 8, 1
_STRING_FLAG, _COMPRESSED = 0x20, 0x800
_SYMBOL_TABLES = {2, 11}
_STRING_TABLE = 3
_TEXT = re.compile(rb"[\t\n\x20-\x7e]{4,}")
_TYPES = {1: "relocatable", 2: "executable", 3: "shared object", 4: "core"}
_BUILD_ID = ".note.gnu.build-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section: its header's fields, and its content, unpacked where it is compressed."""

    kind: int
    flags: int
    link: int
    entry: int
    fields: dict[str, object]
    start: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """A file: the header's fields, sections by name, and how numbers are written.

    `order` is "<" or ">", `wide` says that addresses have 64 bits.
    """

    order: str
    wide: bool
    kind: int
    fields: dict[str, object]
    sections: dict[str, Section]


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing header fields, debug information, strings, symbols, sections, build id.

    Raises:
        ValueError: no ELF, or damaged.

    """
    nesting = Nesting.of(first)
    ours, theirs = (read(content, nesting.limit) for content in (first, second))
    yield from differing(ours.fields, theirs.fields, field("ELF", At.HEADER), 0)
    yield from differing(_debug(ours), _debug(theirs))
    last: list[Iterator[Change]] = []
    for name in dict.fromkeys((*ours.sections, *theirs.sections)):
        one, other = ours.sections.get(name), theirs.sections.get(name)
        place = field(shown(name), At.SECTION)
        if one is None or other is None:
            states = [str(section.fields["size"]) if section else "" for section in (one, other)]
            yield changed(place, *(Typed(Kind.PRESENCE, state) for state in states))
        elif name == _BUILD_ID:
            ids = [{"ELF build id": Typed(Kind.DIGEST, it.data[16:].hex())} for it in (one, other)]
            last.append(differing(ids[0], ids[1], offset=one.start))
        else:
            yield from _section(nesting, place, name, (ours, one), (theirs, other))
    for changes in last:
        yield from changes


def read(content: Content, limit: int) -> Elf:
    """Return a file's header and sections, of which `limit` bytes at most are kept in all.

    Raises:
        ValueError: it is not an ELF file, or damaged.

    """
    cursor = Cursor(content)
    magic, width, data, _, system, version = cursor.unpack("<4sBBBBB7x")
    if magic != b"\x7fELF" or width not in _ORDERS or data not in _ORDERS:
        raise ValueError(f"no ELF header: {magic!r}")
    order, wide = _ORDERS[data], width > 1
    kind, machine, _, entry, _, table, flags, *_, size, count, names = cursor.unpack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")
    )
    fields: dict[str, object] = {
        "type": _TYPES.get(kind, kind),
        "machine": machine,
        "OS ABI": f"{system}, version {version}",
        "flags": hex(flags),
        "entry point": hex(entry),
    }
    layout = order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII")
    headers = [
        Cursor(content, table + index * size).unpack(layout)
        for index in range(min(count, _SECTIONS))
    ]
    sections = list(_sections(content, headers, order, wide, limit))
    texts = sections[names].data if names < len(sections) else b""
    named = unique((_string(texts, h[0]), s) for h, s in zip(headers, sections, strict=True))
    return Elf(order=order, wide=wide, kind=kind, fields=fields, sections=named)


def _sections(
    content: Content, headers: list[tuple[int, ...]], order: str, wide: bool, limit: int
) -> Iterator[Section]:
    for _, kind, flags, _, offset, size, link, _, align, entry in headers:
        held = 0 if kind == _NOBITS else min(size, limit)
        data = Cursor(content, offset).take(held) if held else b""
        limit -= held
        fields = {"type": kind, "flags": hex(flags), "size": size, "alignment": align}
        if flags & _COMPRESSED and data:
            header = Cursor(data).unpack(order + ("IIQQ" if wide else "III"))
            body = data[24 if wide else 12 :]
            if header[0] == 1:
                data = unpacked(body, zlib.decompressobj, max(limit, 1))[0]
                limit -= len(data)
        yield Section(
            kind=kind, flags=flags, link=link, entry=entry, fields=fields, start=offset, data=data
        )


def _string(texts: bytes, offset: int) -> str:
    end = texts.find(b"\0", offset)
    return texts[offset : max(end, offset)][:4096].decode("utf-8", "backslashreplace")


def _debug(elf: Elf) -> dict[Place, object]:
    """Return what compilers wrote about each unit, unless relocations still have to fill it in."""
    if elf.kind == _RELOCATABLE:
        return {}
    sections = {name: section.data for name, section in elf.sections.items()}
    return {**units(sections, elf.order)}


def _section(
    nesting: Nesting,
    place: Place,
    name: str,
    first: tuple[Elf, Section],
    second: tuple[Elf, Section],
) -> Iterator[Change]:
    one, other = first[1], second[1]
    if one.data != other.data:
        if one.kind == other.kind and one.kind in _SYMBOL_TABLES:
            pair = _symbols(*first), _symbols(*second)
            yield from differing(pair[0], pair[1], place)
        elif one.kind == _STRING_TABLE or one.flags & _STRING_FLAG:
            yield from _texts(
                place, one.data.split(b"\0", _STRINGS), other.data.split(b"\0", _STRINGS)
            )
        elif name.startswith(".rodata"):
            yield from _texts(place, _TEXT.findall(one.data), _TEXT.findall(other.data))
            yield from nesting.inside(place, "", one.data, other.data)
        else:
            yield from nesting.inside(place, "", one.data, other.data)
    yield from differing(one.fields, other.fields, place, one.start)


def _texts(place: Place, first: list[bytes], second: list[bytes]) -> Iterator[Change]:
    ours, theirs = (
        [text.decode("utf-8", "backslashreplace") for text in texts[:_STRINGS]]
        for texts in (first, second)
    )
    for i, j, k, m in runs(ours, theirs):
        string = (*place, Step(At.FIELD, "string"))
        yield changed(string, "\n".join(ours[i:j]), "\n".join(theirs[k:m]))


def _symbols(elf: Elf, section: Section) -> dict[Place, object]:
    """Return the symbols by name, with value, size and place as text."""
    tables = list(elf.sections.values())
    texts = tables[section.link].data if section.link < len(tables) else b""
    cursor, found = Cursor(section.data), list[tuple[str, object]]()
    layout = elf.order + ("IBBHQQ" if elf.wide else "IIIBBH")
    width = 24 if elf.wide else 16
    while cursor.left >= width and len(found) < _SYMBOLS:
        values = cursor.unpack(layout)
        name, info, other, place, value, size = values if elf.wide else (values[i] for i in _NARROW)
        text = f"value {value:#x}, size {size}, info {info:#x}, other {other}, section {place}"
        found.append((shown(_string(texts, name)), text))
    return {(Step(At.SYMBOL, name),): value for name, value in unique(found).items()}


_NARROW = (0, 3, 4, 5, 1, 2)
