"""PNG images: header, dates, texts and other chunks by name, then the first pixel that differs.

The format is that of the W3C's PNG specification, third edition. Pixels are compared as they are
stored, filtered: rows that are equal up to a place, filters among them, are of equal pixels up to
there, so that the first place that differs is that of the first pixel that does.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from harness.formats.archives.compressed import unpacked
from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed, field
from harness.formats.cursor import Cursor
from harness.formats.fields import differing, named, order, unique
from harness.formats.nested import Nesting, parting

_MAGIC = b"\x89PNG\r\n\x1a\n"
_CHUNKS = 100_000
_HEADER = ">IIBBBBB"
_LARGEST = 64 << 20
_TEXT = 1 << 20
_TEXTS = 16 << 20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {1, 2, 4, 8, 16}
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PNG = Step(At.PART, "PNG")
_WHOLE = ((0, 0, 1, 1),)
"""First column, first row, and the steps of both, of each pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """An image: its header, its fields with their offsets by name, and its compressed rows."""

    header: bytes
    fields: dict[str, object]
    offsets: dict[str, int]
    types: list[str]
    packed: bytes


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing chunks by name, their order, and the first differing pixel.

    Raises:
        ValueError: no PNG image, damaged, or of more than 64 MiB.

    """
    ours, theirs = _image(first), _image(second)
    for change in differing(named(ours.fields), named(theirs.fields), (_PNG,)):
        yield replace(change, offset=ours.offsets.get(str(change.place[-1].value)))
    yield from order(field("order of PNG chunks"), ours.types, theirs.types)
    if ours.packed != theirs.packed and ours.header == theirs.header:
        yield from _rows(ours, theirs, Nesting.of(first).limit)


def _image(content: Content) -> _Image:
    if len(content) > _LARGEST:
        raise ValueError(f"{len(content)} bytes: a PNG image of more than {_LARGEST} is not read")
    found: list[tuple[str, tuple[int, object]]] = []
    types: list[str] = []
    packed: list[bytes] = []
    header, left = b"", _TEXTS
    for offset, kind, data in _chunks(content):
        name = _text(kind)
        types.append(name)
        header = data if kind == b"IHDR" else header
        if kind == b"IDAT":
            packed.append(data)
        else:
            fields = _READERS.get(kind, _other)(name, data).items()
            found += [(label, (offset, value)) for label, value in fields]
            left -= sum(len(value) for _, value in fields if isinstance(value, str))
            if left < 0:
                raise ValueError(f"more than {_TEXTS} characters of texts")
    if not header:
        raise ValueError("a PNG image without a header")
    named = unique(found)
    return _Image(
        header=header,
        fields={name: value for name, (_, value) in named.items()},
        offsets={name: offset for name, (offset, _) in named.items()},
        types=list(dict.fromkeys(types)),
        packed=b"".join(packed),
    )


def _chunks(content: Content) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (offset, type, data) of each chunk; a wrong checksum and a tail are such as well."""
    cursor = Cursor(content)
    if cursor.take(len(_MAGIC)) != _MAGIC:
        raise ValueError("no PNG image")
    for _ in range(_CHUNKS):
        offset = cursor.position
        (size,) = cursor.unpack(">I")
        kind, data = cursor.take(4), cursor.take(size)
        (checksum,) = cursor.unpack(">I")
        yield offset, kind, data
        if checksum != zlib.crc32(data, zlib.crc32(kind)):
            yield offset, b"wrong checksum of " + kind, checksum.to_bytes(4, "big")
        if kind == b"IEND":
            yield cursor.position, b"bytes after the end", cursor.take(cursor.left)
            return
    raise ValueError(f"more than {_CHUNKS} chunks")


def _header(_: str, data: bytes) -> dict[str, object]:
    width, height, depth, colour, _method, _filter, interlace = Cursor(data).unpack(_HEADER)
    if colour not in _CHANNELS or depth not in _DEPTHS:
        raise ValueError(f"no PNG header: colour type {colour}, {depth} bits")
    return {
        "width": width,
        "height": height,
        "bit depth": depth,
        "colour type": f"{colour} ({_CHANNELS[colour]} channels)",
        "interlace method": interlace,
    }


def _time(name: str, data: bytes) -> dict[str, object]:
    year, *rest = Cursor(data).unpack(">HBBBBB")
    return {name: Typed(Kind.TIME, "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(year, *rest))}


def _physical(name: str, data: bytes) -> dict[str, object]:
    across, down, unit = Cursor(data).unpack(">IIB")
    return {name: f"{across} by {down} pixels per {'metre' if unit == 1 else 'unit'}"}


def _latin(name: str, data: bytes) -> dict[str, object]:
    keyword, _, text = data.partition(b"\0")
    return {f"{name} {_text(keyword)}": _text(text)}


def _compressed(name: str, data: bytes) -> dict[str, object]:
    cursor = Cursor(data)
    keyword = cursor.until(b"\0")
    cursor.skip(1)
    return {f"{name} {_text(keyword)}": _text(_inflated(cursor.take(cursor.left)))}


def _international(name: str, data: bytes) -> dict[str, object]:
    cursor = Cursor(data)
    keyword = cursor.until(b"\0")
    packed, _ = cursor.unpack(">BB")
    language, translated = cursor.until(b"\0"), cursor.until(b"\0")
    text = cursor.take(cursor.left)
    label = f"{name} {_text(keyword)}"
    return {
        label: (_inflated(text) if packed else text).decode("utf-8", "backslashreplace"),
        f"{label}: language": _text(language),
        f"{label}: keyword in that language": translated.decode("utf-8", "backslashreplace"),
    }


def _other(name: str, data: bytes) -> dict[str, object]:
    return {name: data}


def _inflated(data: bytes) -> bytes:
    return unpacked(data, zlib.decompressobj, _TEXT)[0]


def _text(data: bytes) -> str:
    return data.decode("latin-1")


_READERS: dict[bytes, Callable[[str, bytes], dict[str, object]]] = {
    b"IHDR": _header,
    b"tIME": _time,
    b"pHYs": _physical,
    b"tEXt": _latin,
    b"zTXt": _compressed,
    b"iTXt": _international,
}


def _rows(first: _Image, second: _Image, limit: int) -> Iterator[Change]:
    """Yield the first pixel that differs, or that only the compression does."""
    (ours, whole), (theirs, all_of_it) = (
        unpacked(image.packed, zlib.decompressobj, limit) for image in (first, second)
    )
    at = parting((ours, 0, len(ours)), (theirs, 0, len(theirs)))
    if at is not None:
        place, start, size = _place(first.header, at)
        kind = Kind.BYTES
        values = [rows[start : start + size].hex(" ") for rows in (ours, theirs)]
    elif whole and all_of_it:
        place, kind = field("compressed rows"), Kind.PACKING
        values = [f"same rows in {len(image.packed)} bytes" for image in (first, second)]
    else:
        beyond = f"rows beyond the first {limit} bytes, not looked at"
        place, kind, values = field(beyond), Kind.UNREAD, ["", ""]
    yield Change(kind=kind, place=(_PNG, *place), first=values[0], second=values[1])


def _place(header: bytes, at: int) -> tuple[Place, int, int]:
    """Return what byte `at` of the stored rows belongs to, where that begins, and its size."""
    width, height, depth, colour, _, _, interlace = Cursor(header).unpack(_HEADER)
    bits = depth * _CHANNELS[colour]
    unit = max(1, bits // 8)
    left = at
    for x, y, across, down in _ADAM7 if interlace else _WHOLE:
        columns, rows = -((x - width) // across), -((y - height) // down)
        size = 1 + (columns * bits + 7) // 8 if columns > 0 else 0
        if left < rows * size:
            row, inside = divmod(left, size)
            line = Step(At.PART, "row"), Step(At.NUMBER, y + row * down)
            if not inside:
                return (*line, Step(At.ASPECT, "filter")), at, 1
            pixel = x + (inside - 1) * 8 // bits * across
            return (*line, Step(At.PIXEL, pixel)), at - (inside - 1) % unit, unit
        left -= max(rows, 0) * size
    return field("bytes after the last row"), at, 1
