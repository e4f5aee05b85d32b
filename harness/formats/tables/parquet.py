"""Parquet tables: the footer field by field, then the pages of each column.

The names and numbers of fields are those of parquet.thrift in Apache Parquet's description of the
format. Encrypted footers are refused.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import cramjam

from harness.formats import elements
from harness.formats.archives.compressed import unpacked, zstd_decompressor
from harness.formats.arrays.protobuf import digest, same
from harness.formats.change import At, BeyondBoundError, Change, Content, Kind, Place, Step, Typed
from harness.formats.cursor import Cursor
from harness.formats.elements import Part
from harness.formats.fields import changed, differing, shown, unique
from harness.formats.tables.thrift import Reader, Value

MAGIC = b"PAR1"
_FOOTER = 16 << 20
_UNPACKED = 8 << 20
_SHOWN = 4
_DECODED = 200
"""How many pages are unpacked at most: a page may be packed a thousandfold."""
_ENGINES = {"GZIP": lambda: zlib.decompressobj(31), "ZSTD": zstd_decompressor}
_TYPES = (
    *("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY"),
    "FIXED_LEN_BYTE_ARRAY",
)
_SCALARS = {"INT32": "int32", "INT64": "int64", "FLOAT": "float32", "DOUBLE": "float64"}
_ENUMERATED = {
    "type": _TYPES,
    "codec": ("UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"),
    "repetition": ("REQUIRED", "OPTIONAL", "REPEATED"),
    "page": ("DATA_PAGE", "INDEX_PAGE", "DICTIONARY_PAGE", "DATA_PAGE_V2"),
    "encoding": (
        *("PLAIN", "1", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED"),
        *("DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT"),
    ),
}
_STRUCTS: dict[str, dict[int, tuple[str, str]]] = {
    "footer": {
        6: ("created_by", "text"), 5: ("metadata", "pair"), 1: ("version", ""),
        3: ("num_rows", ""), 2: ("schema", "element"), 7: ("column_orders", ""),
        4: ("row group", "group"),
    },
    "pair": {2: ("value", "text")},
    "element": {
        1: ("type", "type"), 2: ("type_length", ""), 3: ("repetition_type", "repetition"),
        5: ("num_children", ""), 6: ("converted_type", ""), 7: ("scale", ""), 8: ("precision", ""),
        9: ("field_id", ""), 10: ("logicalType", ""),
    },
    "group": {
        3: ("num_rows", ""), 4: ("sorting_columns", ""), 7: ("ordinal", ""), 1: ("column", "chunk"),
        2: ("total_byte_size", ""), 6: ("total_compressed_size", ""), 5: ("file_offset", ""),
    },
    "chunk": {
        1: ("file_path", "text"), 3: ("meta_data", "column"), 2: ("file_offset", ""),
        4: ("offset_index_offset", ""), 5: ("offset_index_length", ""),
        6: ("column_index_offset", ""), 7: ("column_index_length", ""),
    },
    "column": {
        1: ("type", "type"), 2: ("encodings", "encoding"), 4: ("codec", "codec"),
        8: ("key_value_metadata", "pair"), 5: ("num_values", ""), 12: ("statistics", "statistics"),
        6: ("total_uncompressed_size", ""), 7: ("total_compressed_size", ""),
        13: ("encoding_stats", ""), 16: ("size_statistics", ""), 9: ("data_page_offset", ""),
        10: ("index_page_offset", ""), 11: ("dictionary_page_offset", ""),
        14: ("bloom_filter_offset", ""), 15: ("bloom_filter_length", ""),
    },
    "statistics": {
        6: ("min_value", "bound"), 5: ("max_value", "bound"), 2: ("min", "bound"),
        1: ("max", "bound"), 3: ("null_count", ""), 4: ("distinct_count", ""),
        7: ("is_max_value_exact", ""), 8: ("is_min_value_exact", ""),
    },
    "page header": {
        1: ("type", "page"), 5: ("data_page_header", "data page"),
        7: ("dictionary_page_header", "dictionary page"), 8: ("data_page_header_v2", "data page 2"),
        2: ("uncompressed_page_size", ""), 3: ("compressed_page_size", ""), 4: ("crc", ""),
    },
    "data page": {
        1: ("num_values", ""), 2: ("encoding", "encoding"),
        3: ("definition_level_encoding", "encoding"), 4: ("repetition_level_encoding", "encoding"),
        5: ("statistics", "statistics"),
    },
    "dictionary page": {
        1: ("num_values", ""), 2: ("encoding", "encoding"), 3: ("is_sorted", ""),
    },
    "data page 2": {
        1: ("num_values", ""), 2: ("num_nulls", ""), 3: ("num_rows", ""),
        4: ("encoding", "encoding"), 5: ("definition_levels_byte_length", ""),
        6: ("repetition_levels_byte_length", ""), 7: ("is_compressed", ""),
        8: ("statistics", "statistics"),
    },
}  # fmt: skip
"""Fields by number: a name, and what the field holds: a struct, an enumeration, text or values."""
_KEYS = {"pair": 1, "element": 4}
"""The field that tells structs of a kind apart."""
_SCHEMA, _GROUPS, _COLUMNS, _META_DATA, _PATH = 2, 4, 1, 3, 3
_REPETITION, _CHILDREN = 3, 5
_OPTIONAL, _REPEATED = 1, 2
_STARTS = "dictionary_page_offset", "data_page_offset"
_PAGE_SIZE = 3
_PLACES = "_offset", "_size", "_length"
"""How fields end that follow from others: they come last."""

_Struct = Mapping[int, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of a row group: its fields by path, and where its pages lie.

    `levels` is how many lists of levels (of repetition, of definition) begin each of its pages.
    """

    fields: dict[str, object]
    levels: int
    pages: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page: its header's fields by path, and where its data lie."""

    header: dict[str, object]
    data: Part


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields of the footer by path, then pages and the values in them.

    Raises:
        ValueError: no Parquet, its footer encrypted or too large, or damaged.

    """
    ours, theirs = _footer(first), _footer(second)
    one, other = (dict(_flat("", it, "footer")) for it in (ours, theirs))
    for last in (False, True):
        parts = [
            {_place(name): it[name] for name in it if name.endswith(_PLACES) == last}
            for it in (one, other)
        ]
        yield from differing(parts[0], parts[1])
    columns, others = _columns(first, ours), _columns(second, theirs)
    decoded = count()
    for label in columns:
        if label in others:
            yield from _column(label, (columns[label], others[label]), decoded)


def _place(path: str) -> Place:
    return Step(At.PART, "Parquet"), Step(At.NAME, path)


def _footer(content: Content) -> dict[int, Value]:
    end = len(content) - len(MAGIC) - 4
    size, magic = Cursor(content, end).unpack("<I4s")
    if magic != MAGIC or size > min(_FOOTER, end):
        raise ValueError(f"no Parquet: {magic!r} at its end, footer of {size} bytes")
    return Reader(Cursor(content[end - size : end])).struct()


def _flat(path: str, value: Value, kind: str, type_: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values of a struct, of a list of structs or of a field, each with its path.

    `type_` is the physical type of the column that the value belongs to.
    """
    if kind in _STRUCTS and isinstance(value, dict):
        table = _STRUCTS[kind]
        type_ = str(_named(value.get(1, b""), "type")) if kind == "column" else type_
        prefix = path if path.endswith(" ") or not path else f"{path}."
        for number in dict.fromkeys((*table, *value)):
            name, inner = table.get(number, (f"field {number}", ""))
            if number in value:
                yield from _flat(prefix + name, value[number], inner, type_)
    elif kind in _STRUCTS and isinstance(value, list):
        for label, item in unique(_labelled(kind, value)).items():
            yield from _flat(f"{path} {label}", item, kind, type_)
    elif kind == "bound" and isinstance(value, bytes):
        yield path, _bound(value, type_)
    else:
        yield path, _named(value, kind)


def _labelled(kind: str, items: Sequence[Value]) -> Iterator[tuple[str, Value]]:
    """Yield structs of one kind with what tells them apart, or with their place."""
    for place, item in enumerate(items):
        label: Value = place
        if isinstance(item, dict):
            label = (
                b".".join(_path(item)) if kind == "chunk" else item.get(_KEYS.get(kind, 0), place)
            )
        yield shown(_named(label, "text")), item


def _path(chunk: _Struct) -> list[bytes]:
    """Return the names that lead to a column from the root of the schema."""
    column = chunk.get(_META_DATA)
    names = column.get(_PATH) if isinstance(column, dict) else None
    return [name for name in names if isinstance(name, bytes)] if isinstance(names, list) else []


def _named(value: Value, kind: str) -> object:
    """Return a value as text where it is one, by name where it is one of an enumeration's."""
    if kind == "text" and isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    names = _ENUMERATED.get(kind)
    if names and isinstance(value, list):
        return [_named(item, kind) for item in value]
    return names[value] if names and isinstance(value, int) and 0 <= value < len(names) else value


def _bound(value: bytes, type_: str) -> object:
    """Return the least or greatest value of a column of some type."""
    if type_ == "BYTE_ARRAY":
        return _named(value, "text")
    scalar = elements.scalar(_SCALARS[type_]) if type_ in _SCALARS else None
    return scalar.read(value) if scalar and len(value) == scalar.size else value


def _columns(content: Content, footer: _Struct) -> dict[str, _Column]:
    """Return the columns of all row groups. Their pages hold no more bytes than the file."""
    found: list[tuple[str, _Column]] = []
    left = len(content)
    all_levels = _levels(_structs(footer.get(_SCHEMA))[1:])
    for place, group in enumerate(_structs(footer.get(_GROUPS))):
        for chunk, levels in zip(_structs(group.get(_COLUMNS)), all_levels, strict=False):
            (column,) = _structs([chunk.get(_META_DATA, 0)]) or [{}]
            fields = dict(_flat("", column, "column"))
            starts = (fields.get(name) for name in _STARTS)
            start = min((it for it in starts if isinstance(it, int) and it > 0), default=0)
            size = fields.get("total_compressed_size", 0)
            pages = Part(content=content, start=start, size=size if isinstance(size, int) else 0)
            left -= pages.size
            label = f"row group {place}.column {shown(_named(b'.'.join(_path(chunk)), 'text'))}"
            found.append((label, _Column(fields=fields, levels=levels, pages=pages)))
    if left < 0:
        raise ValueError("Parquet columns of more bytes than the file")
    return unique(found)


def _levels(schema: Sequence[_Struct]) -> list[int]:
    """Return how many lists of levels each column has: of repetition, and of definition."""
    found: list[int] = []
    waiting: list[tuple[bool, bool]] = []
    for element in schema:
        repeated, optional = waiting.pop() if waiting else (False, False)
        repeated |= element.get(_REPETITION) == _REPEATED
        optional |= element.get(_REPETITION) in (_OPTIONAL, _REPEATED)
        children = element.get(_CHILDREN, 0)
        if not isinstance(children, int) or not 0 <= children <= len(schema) - len(waiting):
            raise ValueError(f"Parquet schema of {len(schema)} elements: one holds {children!r}")
        waiting += [(repeated, optional)] * children
        if not children:
            found.append(repeated + optional)
    return found


def _structs(values: Value | None) -> list[dict[int, Value]]:
    return [it for it in values if isinstance(it, dict)] if isinstance(values, list) else []


def _column(
    path: str, columns: tuple[_Column, _Column], decoded: Iterator[int]
) -> Iterator[Change]:
    """Yield the differing pages of a column; `decoded` counts those whose values are looked at."""
    first, second = columns
    if not same(first.pages, second.pages):
        for number, (one, other) in enumerate(zip(_pages(first), _pages(second), strict=False)):
            label = f"{path}.page {number}"
            ours, theirs = (
                {_place(f"{label} header.{name}"): it.header[name] for name in it.header}
                for it in (one, other)
            )
            yield from differing(ours, theirs, offset=one.data.start)
            if not same(one.data, other.data):
                known = next(decoded) < _DECODED
                yield from (
                    _values(label, (one, other), columns) if known else _data(label, one, other)
                )


def _pages(column: _Column) -> Iterator[_Page]:
    part = column.pages
    cursor = Cursor(part.content, part.start, part.start + part.size)
    while cursor.left:
        header = Reader(cursor).struct()
        size = header.get(_PAGE_SIZE)
        start = cursor.position
        cursor.skip(size if isinstance(size, int) else -1)
        yield _Page(
            header=dict(_flat("", header, "page header")),
            data=Part(content=part.content, start=start, size=cursor.position - start),
        )


def _values(
    label: str, pages: tuple[_Page, _Page], columns: tuple[_Column, _Column]
) -> Iterator[Change]:
    """Yield the differing values of two pages; or where the bytes differ that hold them."""
    ours, theirs = (_cells(page, column) for page, column in zip(pages, columns, strict=True))
    pairs = enumerate(zip(ours, theirs, strict=False))
    places = [(place, pair) for place, pair in pairs if pair[0] != pair[1]]
    for place, pair in places[:_SHOWN]:
        one, other = (
            str(_bound(value, str(column.fields.get("type"))))
            for value, column in zip(pair, columns, strict=True)
        )
        yield changed((*_place(label), Step(At.VALUE, place)), one, other)
    if not places:
        yield from _data(label, *pages)


def _data(label: str, first: _Page, second: _Page) -> Iterator[Change]:
    sums = (f"{it.data.size} bytes, SHA-256 {digest(it.data)}" for it in (first, second))
    place = (*_place(label), Step(At.FIELD, "data"))
    yield changed(place, *(Typed(Kind.BYTES, it) for it in sums), offset=first.data.start)


def _cells(page: _Page, column: _Column) -> list[bytes]:
    """Return the values of a page, each as its bytes; none where they are not stored plainly."""
    kept = page.header.get("type") == "DICTIONARY_PAGE"
    header = "dictionary_page_header" if kept else "data_page_header"
    if page.header.get(f"{header}.encoding") not in ("PLAIN", "PLAIN_DICTIONARY"):
        return []
    cursor = Cursor(_unpacked(page, column))
    for _ in range(0 if kept else column.levels):
        cursor.skip(cursor.unpack("<I")[0])
    return _split(cursor.take(cursor.left), column)


def _split(data: bytes, column: _Column) -> list[bytes]:
    type_ = str(column.fields.get("type"))
    if type_ in _SCALARS:
        size = elements.scalar(_SCALARS[type_]).size
        return [data[place : place + size] for place in range(0, len(data), size)]
    found: list[bytes] = []
    cursor = Cursor(data)
    while type_ == "BYTE_ARRAY" and cursor.left:
        (size,) = cursor.unpack("<I")
        found.append(cursor.take(size))
    return found


def _unpacked(page: _Page, column: _Column) -> bytes:
    """Return a page's data, unpacked where that can be done here; nothing where it is too much."""
    codec, data = str(column.fields.get("codec")), page.data.read(0, _UNPACKED)
    if codec == "SNAPPY":
        return _snappy(data)
    if codec in _ENGINES:
        return unpacked(data, _ENGINES[codec], _UNPACKED)[0]
    return data if codec == "UNCOMPRESSED" else b""


def _snappy(data: bytes) -> bytes:
    try:
        if (size := cramjam.snappy.decompress_raw_len(data)) > _UNPACKED:
            raise BeyondBoundError(f"Snappy content of {size} bytes: more than is read")
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as error:
        raise ValueError(f"Parquet page: {error}") from error
