"""Apache Arrow's interprocess format (Feather version 2 as well): schema, then values by batch.

Fields are those of Schema.fbs and Message.fbs in Apache Arrow's description of the format. Messages
are read from front to back; the footer of a file, which repeats the schema, is not.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

import cramjam

from harness.formats import elements
from harness.formats.arrays.protobuf import digest, same
from harness.formats.change import (
    At,
    BeyondBoundError,
    Change,
    Content,
    Kind,
    Place,
    Step,
    Typed,
)
from harness.formats.cursor import Cursor
from harness.formats.elements import Part
from harness.formats.fields import Name, changed, differing, named, order, shown, unique
from harness.formats.tables.flatbuffers import Buffer, Table

MAGIC = b"ARROW1\0\0"
_MARK = b"\xff\xff\xff\xff"
_MESSAGE = 16 << 20
_MESSAGES = 20_000
_DEPTH = 30
_SHOWN = 4
_TEXT = 4 << 20
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_TYPES = (
    *("none", "null", "int", "float", "binary", "utf8", "bool", "decimal", "date", "time"),
    *("timestamp", "interval", "list", "struct", "union", "fixed-size binary", "fixed-size list"),
    *("map", "duration", "large binary", "large utf8", "large list", "run-end encoded"),
    *("binary view", "utf8 view", "list view", "large list view"),
)
_SETTINGS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "int": (("bits", "<i", 0), ("signed", "<?", 0)),
    "float": (("precision", "<h", 0),),
    "decimal": (("precision", "<i", 0), ("scale", "<i", 0), ("bits", "<i", 128)),
    "date": (("unit", "<h", 1),),
    "time": (("unit", "<h", 1), ("bits", "<i", 32)),
    "timestamp": (("unit", "<h", 0), ("time zone", "", 0)),
    "interval": (("unit", "<h", 0),),
    "union": (("mode", "<h", 0),),
    "fixed-size binary": (("bytes", "<i", 0),),
    "fixed-size list": (("items", "<i", 0),),
    "map": (("sorted", "<?", 0),),
    "duration": (("unit", "<h", 1),),
}
"""A type's settings: their names, their layouts (none for a text), and their defaults."""
_BUFFERS = {
    **dict.fromkeys(("null", "run-end encoded"), ()),
    **dict.fromkeys(("struct", "fixed-size list"), ("validity",)),
    **dict.fromkeys(("list", "map", "large list"), ("validity", "offsets")),
    **dict.fromkeys(("binary", "utf8"), ("validity", "offsets", "data")),
    **dict.fromkeys(("large binary", "large utf8"), ("validity", "offsets", "data")),
    **dict.fromkeys(("list view", "large list view"), ("validity", "offsets", "sizes")),
    **dict.fromkeys(("binary view", "utf8 view"), ("validity", "views")),
}
"""The buffers of a type; others have validity and data. Unions and views have more."""
_CODECS = {0: "LZ4", 1: "ZSTD"}
_UNPACK = {"LZ4": cramjam.lz4.decompress_into, "ZSTD": cramjam.zstd.decompress_into}
_UNPACKED = 64 << 20
_SIZE = 8
_OFFSETS = {"text": "<i", "long text": "<q"}
_ELEMENTS = {
    **{f"int, bits {8 * size}, signed 0": f"uint{8 * size}" for size in (1, 2, 4, 8)},
    **{f"int, bits {8 * size}, signed 1": f"int{8 * size}" for size in (1, 2, 4, 8)},
    "float, precision 0": "float16",
    "float, precision 1": "float32",
    "float, precision 2": "float64",
    "date, unit 0": "int32",
    "date": "int64",
    "time, unit 0": "int32",
    "time, unit 1": "int32",
    "time": "int64",
    "timestamp": "int64",
    "duration": "int64",
    "binary": "text",
    "utf8": "text",
    "large binary": "long text",
    "large utf8": "long text",
}
"""What the data of a type are, by the type with its first settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column: its path, its fields, and its buffers.

    `element` is the type of what its data hold, empty where they are not numbers of whole bytes.
    """

    path: str
    fields: dict[str, object]
    element: str
    buffers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """A batch of rows, or of a dictionary's values: its fields, columns, and their buffers."""

    fields: dict[Name, object]
    columns: list[_Column]
    buffers: list[Part]


@dataclass(slots=True, kw_only=True)
class _File:
    """What the messages of a file say: metadata, columns depth first, and batches in order."""

    metadata: dict[str, object] = field(default_factory=dict)
    columns: list[_Column] = field(default_factory=list)
    dictionaries: dict[int, list[_Column]] = field(default_factory=dict)
    batches: list[tuple[str, _Batch]] = field(default_factory=list)


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing metadata and columns, then values by batch and column.

    Raises:
        ValueError: no Arrow, too large, or damaged.

    """
    ours, theirs = _read(first), _read(second)
    metadata = named(ours.metadata), named(theirs.metadata)
    yield from differing(*metadata, (Step(At.PART, "Arrow metadata"),))
    yield from _schemas(ours.columns, theirs.columns)
    batches, others = unique(ours.batches), unique(theirs.batches)
    for label in dict.fromkeys((*batches, *others)):
        place = Step(At.PART, "Arrow"), Step(At.NAME, label)
        if label in batches and label in others:
            yield from _batch(place, batches[label], others[label])
        else:
            one, other = ("there" if label in it else "" for it in (batches, others))
            yield Change(kind=Kind.PRESENCE, place=place, first=one, second=other)


def _schemas(first: Sequence[_Column], second: Sequence[_Column]) -> Iterator[Change]:
    paths = [[column.path for column in columns] for columns in (first, second)]
    yield from order((Step(At.FIELD, "Arrow order of columns"),), paths[0], paths[1])
    yield from differing(_fields(first), _fields(second), (Step(At.PART, "Arrow column"),))


def _fields(columns: Sequence[_Column]) -> dict[Place, object]:
    return {
        (Step(At.NAME, it.path), Step(At.NAME, name)): value
        for it in columns
        for name, value in it.fields.items()
    }


def _batch(batch: Place, first: _Batch, second: _Batch) -> Iterator[Change]:
    """Yield the differing fields and values of two batches."""
    yield from differing(first.fields, second.fields, batch)
    packed = "compression" in {*first.fields, *second.fields}
    ours, theirs = ({column.path: column for column in it.columns} for it in (first, second))
    buffers, others = _buffers(first), _buffers(second)
    for path in buffers:
        unlike = [
            name
            for name, part in buffers[path].items()
            if name in others.get(path, {}) and not same(part, others[path][name])
        ]
        place = (*batch, Step(At.COLUMN, path)) if path else batch
        values: list[Change] = []
        if unlike and path in ours and path in theirs:
            element = ours[path].element if ours[path] == theirs[path] else ""
            plain = _plain(first, buffers[path]), _plain(second, others[path])
            values = list(_values(place, element, *plain))
            values = [replace(it, offset=None) for it in values] if packed else values
        yield from values
        for name in () if values else unlike:
            pair = buffers[path][name], others[path][name]
            sums = (Typed(Kind.BYTES, f"{it.size} bytes, SHA-256 {digest(it)}") for it in pair)
            yield changed((*place, Step(At.NAME, name)), *sums, offset=pair[0].start)


def _buffers(batch: _Batch) -> dict[str, dict[str, Part]]:
    """Return a batch's buffers by column and name; by number where their names are not known."""
    names = [(column.path, name) for column in batch.columns for name in column.buffers]
    if len(names) != len(batch.buffers):
        names = [("", f"buffer {number}") for number in range(len(batch.buffers))]
    found: dict[str, dict[str, Part]] = {}
    for (path, name), part in zip(names, batch.buffers, strict=True):
        found.setdefault(path, {})[name] = part
    return found


def _plain(batch: _Batch, buffers: Mapping[str, Part]) -> dict[str, Part]:
    """Return the buffers of a column unpacked, where that can be done here."""
    codec = _UNPACK.get(str(batch.fields.get("compression")))
    return {name: _unpacked(it, codec) if codec else it for name, it in buffers.items()}


def _unpacked(part: Part, codec: Callable[[bytes, bytearray], int]) -> Part:
    """Return a buffer unpacked, which its size in eight bytes stands before; -1 is: as it is."""
    size = int.from_bytes(part.read(0, _SIZE), "little", signed=True)
    packed = part.read(_SIZE)
    if size < 0 or not packed:
        return Part(content=packed, start=0, size=len(packed))
    if size > _UNPACKED:
        raise BeyondBoundError(f"Arrow buffer of {size} bytes: more than {_UNPACKED} is not read")
    found = bytearray(size)
    try:
        filled = codec(packed, found)
    except cramjam.DecompressionError as error:
        raise ValueError(f"Arrow buffer: {error}") from error
    return Part(content=bytes(found[:filled]), start=0, size=filled)


def _values(
    column: Place, element: str, first: Mapping[str, Part], second: Mapping[str, Part]
) -> Iterator[Change]:
    """Yield the first differing values of a column."""
    if element in _OFFSETS:
        ours, theirs = (
            _texts(_OFFSETS[element], buffers["offsets"], buffers["data"])
            for buffers in (first, second)
        )
        pairs = enumerate(zip(ours, theirs, strict=False))
        places = ((place, pair) for place, pair in pairs if pair[0] != pair[1])
        for place, pair in islice(places, _SHOWN):
            one, other = (it.decode("utf-8", "backslashreplace") for it in pair)
            yield changed((*column, elements.element([place])), one, other)
    elif element and first["data"].size == second["data"].size:
        scalar = elements.scalar(element)
        shape = (first["data"].size // scalar.size,)
        parts = [replace(it["data"], size=shape[0] * scalar.size) for it in (first, second)]
        yield from elements.compare(column, scalar, shape, (parts[0], parts[1]))


def _texts(layout: str, offsets: Part, data: Part) -> Iterator[bytes]:
    whole = offsets.size - offsets.size % struct.calcsize(layout)
    places = (place for (place,) in struct.iter_unpack(layout, offsets.read(0, min(whole, _TEXT))))
    for start, end in pairwise(places):
        if not 0 <= start <= end <= data.size:
            raise ValueError(f"Arrow text from {start} to {end} of {data.size} bytes")
        yield data.read(start, end - start)


def _read(content: Content) -> _File:
    file = _File()
    for number, (message, body) in enumerate(_messages(content)):
        kind, header = message.scalar(1, "<B"), message.table(2)
        if (kind == _SCHEMA) != (number == 0):
            raise ValueError(f"Arrow message {number} of kind {kind}")
        if kind == _SCHEMA:
            file.metadata.update(_pairs(header, 2))
            file.columns += _columns(file, header.tables(1))
        elif kind == _DICTIONARY:
            place = header.scalar(0, "<q")
            values = file.dictionaries.get(place, [])
            file.batches.append((f"dictionary {place}", _read_batch(header.table(1), values, body)))
        elif kind == _BATCH:
            file.batches.append(("batch", _read_batch(header, file.columns, body)))
    return file


def _messages(content: Content) -> Iterator[tuple[Table, Part]]:
    """Yield the messages of a file or stream, and the bodies that follow them."""
    cursor = Cursor(content, len(MAGIC) if content[: len(MAGIC)] == MAGIC else 0)
    for _ in range(_MESSAGES):
        mark = cursor.take(len(_MARK)) if cursor.left else b""
        size = int.from_bytes(cursor.take(4) if mark == _MARK else mark, "little")
        if size == 0:
            return
        if size > _MESSAGE:
            raise ValueError(f"Arrow message of {size} bytes")
        message = Buffer(cursor.take(size)).root
        start, length = cursor.position, message.scalar(3, "<q")
        cursor.skip(length)
        yield message, Part(content=content, start=start, size=length)
    raise BeyondBoundError(f"Arrow: more than {_MESSAGES} messages are not read")


def _pairs(table: Table, number: int) -> dict[str, object]:
    """Return the metadata in a field of a table."""
    return dict(unique((pair.text(0), pair.text(1)) for pair in table.tables(number)))


def _columns(
    file: _File, fields: Iterable[Table], above: str = "", depth: int = 0
) -> Iterator[_Column]:
    """Yield columns with those inside them; keep those of dictionaries' values apart."""
    if depth == _DEPTH:
        raise BeyondBoundError(f"Arrow columns nested {_DEPTH} deep are not read")
    for path, it in unique((above + shown(it.text(0)), it) for it in fields).items():
        kind = it.scalar(2, "<B")
        name = _TYPES[kind] if kind < len(_TYPES) else f"type {kind}"
        type_ = _type(name, it.table(3))
        column = _Column(
            path=path,
            fields={"type": type_, "nullable": it.scalar(1, "<?") == 1}
            | {f"metadata {key}": value for key, value in _pairs(it, 6).items()},
            element=_element(type_),
            buffers=_BUFFERS.get(name, ("validity", "data")),
        )
        within = list(_columns(file, it.tables(5), f"{path}.", depth + 1))
        if it.has(4):
            place = it.table(4).scalar(0, "<q")
            file.dictionaries[place] = [column, *within]
            yield replace(
                column,
                fields={**column.fields, "dictionary": place},
                element=_element(_type("int", it.table(4).table(1))),
                buffers=("validity", "data"),
            )
        else:
            yield column
            yield from within


def _element(type_: str) -> str:
    """Return what the data of a type are, or nothing."""
    found = (it for name, it in _ELEMENTS.items() if f"{type_},".startswith(f"{name},"))
    return next(found, "")


def _type(name: str, settings: Table) -> str:
    """Return a type with its settings, such as "int, bits 64, signed 1"."""
    parts = [name]
    for number, (setting, layout, default) in enumerate(_SETTINGS.get(name, ())):
        value = settings.scalar(number, layout, default) if layout else settings.text(number)
        parts.append(f"{setting} {value}")
    return ", ".join(parts)


def _nulls(path: str) -> Place:
    return Step(At.PART, "column"), Step(At.NAME, path), Step(At.FIELD, "nulls")


def _read_batch(table: Table, columns: list[_Column], body: Part) -> _Batch:
    fields: dict[Name, object] = {"rows": table.scalar(0, "<q")}
    nodes = [nulls for _, nulls in table.structs(1, "<qq", 16)]
    if len(nodes) == len(columns):
        fields |= {_nulls(it.path): n for it, n in zip(columns, nodes, strict=True)}
    if table.has(3):
        codec = table.table(3).scalar(0, "<b")
        fields["compression"] = _CODECS.get(codec, str(codec))
    buffers = [
        Part(content=body.content, start=body.start + offset, size=size)
        for offset, size in table.structs(2, "<qq", 16)
    ]
    return _Batch(fields=fields, columns=columns, buffers=buffers)
