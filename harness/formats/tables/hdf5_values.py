"""HDF5's messages that say what values are and where they lie: types, shapes, attributes, layouts.

The layout is that of "HDF5 File Format Specification Version 3.0".
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.formats import elements
from harness.formats.cursor import Cursor
from harness.formats.elements import Part, Scalar
from harness.formats.fields import shown
from harness.formats.tables.hdf5_objects import NOWHERE, File

_FIXED, _FLOAT, _TEXT, _ENUM, _VARIABLE = 0, 1, 3, 8, 9
_REFERENCE = 16
_MANTISSAS = {2: 10, 4: 23, 8: 52}
_WHOLE = 1, 2, 4, 8
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_NAMED_FILTERS = 256
_FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset"}
_LAYOUTS = 3, 4
_COMPACT, _CONTIGUOUS, _CHUNKED = 0, 1, 2
_UNPACKED = 16 << 20
_HEAP_TEXT = _ELEMENT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type of elements; `scalar` reads one, or the reference to one of a length of its own."""

    scalar: Scalar
    variable: bool = False

    @property
    def name(self) -> str:
        """Return what people call it."""
        return "variable length" if self.variable else self.scalar.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter of a dataset's chunks: its number, and the values that set it."""

    number: int
    values: tuple[int, ...]

    def __str__(self) -> str:
        name = _FILTERS.get(self.number, f"filter {self.number}")
        return f"{name} {', '.join(map(str, self.values))}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute: its type and shape, and its values where they can be read."""

    name: str
    type: Type
    shape: tuple[int, ...]
    values: list[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a dataset's elements lie: in one part, or in chunks of a shape that a tree lists."""

    part: Part | None = None
    chunk: tuple[int, ...] = ()
    tree: int = NOWHERE

    def __str__(self) -> str:
        return f"chunks of {self.chunk}" if self.chunk else "one part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk: the index of its first element, whether filters were passed over, its bytes."""

    index: tuple[int, ...]
    partly: bool
    part: Part


def type_of(data: bytes) -> Type:
    """Return the type that a datatype message describes.

    Raises:
        ValueError: it is damaged.

    """
    head, bits, size = Cursor(data).unpack("<B3sI")
    if size > _ELEMENT:
        raise ValueError(f"HDF5 elements of {size} bytes are not read")
    kind = head & 0xF
    if kind == _ENUM and data[8:9] and data[8] & 0xF == _FIXED:
        return type_of(data[8:])
    if kind == _VARIABLE:
        return Type(scalar=elements.opaque("reference", size), variable=size == _REFERENCE)
    return Type(scalar=_scalar(kind, bits[0], size, data))


def _scalar(kind: int, bits: int, size: int, data: bytes) -> Scalar:
    order: elements.Order = "big" if bits & 1 else "little"
    if kind == _FIXED and size in _WHOLE:
        return elements.scalar(f"{'' if bits & 8 else 'u'}int{8 * size}", order)
    if kind == _FLOAT and data[15:16] == bytes([_MANTISSAS.get(size, 0)]):
        return elements.scalar(f"float{8 * size}", order)
    if kind == _TEXT and size:
        return Scalar(name=f"text of {size} bytes", size=size, read=_text)
    return elements.opaque(f"class {kind} of {size} bytes", size)


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "backslashreplace")


def shape_of(data: bytes) -> tuple[int, ...]:
    """Return the sizes per dimension that a dataspace message gives; those of no space are (0,).

    Raises:
        ValueError: it is damaged.

    """
    cursor = Cursor(data)
    version, rank, _, kind = cursor.unpack("<BBBB")
    cursor.skip(4 if version == 1 else 0)
    sizes = elements.checked(cursor.unpack(f"<{rank}Q"))
    return (0,) if version > 1 and kind == 2 else sizes  # noqa: PLR2004, the null space


def attribute_of(file: File, data: bytes) -> Attribute:
    """Return the attribute that a message holds.

    Raises:
        ValueError: it is damaged.

    """
    cursor = Cursor(data)
    version, _, *sizes = cursor.unpack("<BBHHH")
    cursor.skip(1 if version == 3 else 0)  # noqa: PLR2004, which added the character set
    parts = []
    for size in sizes:
        parts.append(cursor.take(size))
        cursor.skip(-size % 8 if version == 1 else 0)
    type_, shape = type_of(parts[1]), shape_of(parts[2])
    wanted = math.prod(shape) * type_.scalar.size
    return Attribute(
        name=shown(_text(parts[0])),
        type=type_,
        shape=shape,
        values=list(values(file, type_, cursor.take(min(wanted, cursor.left)))),
    )


def values(file: File, type_: Type, data: bytes) -> Iterator[object]:
    """Yield the elements that lie in `data`; those of variable length lie in the file's heaps.

    Raises:
        ValueError: a heap is damaged.

    """
    for place in range(0, len(data) - type_.scalar.size + 1, type_.scalar.size):
        item = data[place : place + type_.scalar.size]
        yield _variable(file, item) if type_.variable else type_.scalar.read(item)


def _variable(file: File, item: bytes) -> str:
    size, address, index = Cursor(item).unpack("<IQI")
    if not address:
        return ""
    start, whole = file.heap(address).get(index, (0, 0))
    size = min(size, whole, _HEAP_TEXT)
    file.spend(size)
    return _text(file.content[start : start + size])


def filters_of(data: bytes) -> tuple[Filter, ...]:
    """Return the filters that a pipeline message lists, in the order of writing.

    Raises:
        ValueError: it is damaged.

    """
    cursor = Cursor(data)
    version, count = cursor.unpack("<BB")
    cursor.skip(6 if version == 1 else 0)
    found = []
    for _ in range(count):
        (number,) = cursor.unpack("<H")
        (name,) = cursor.unpack("<H") if version == 1 or number >= _NAMED_FILTERS else (0,)
        _, number_of_values = cursor.unpack("<HH")
        cursor.skip(name + (-name % 8 if version == 1 else 0))
        given = cursor.unpack(f"<{number_of_values}I")
        cursor.skip(4 if version == 1 and number_of_values % 2 else 0)
        found.append(Filter(number=number, values=given))
    return tuple(found)


def layout_of(file: File, start: int, data: bytes) -> Layout | None:
    """Return the layout that a message at `start` describes, or None for kinds that are not read.

    Raises:
        ValueError: it is damaged.

    """
    cursor = Cursor(data)
    version, kind = cursor.unpack("<BB")
    if version not in _LAYOUTS or (version, kind) == (_LAYOUTS[1], _CHUNKED):
        return None
    if kind == _COMPACT:
        (size,) = cursor.unpack("<H")
        cursor.skip(size)
        return Layout(part=Part(content=file.content, start=start + 4, size=size))
    if kind == _CONTIGUOUS:
        address, size = cursor.unpack("<QQ")
        if address == NOWHERE:
            address = size = 0
        return Layout(part=Part(content=file.content, start=address, size=size))
    if kind == _CHUNKED:
        rank, tree = cursor.unpack("<BQ")
        return Layout(chunk=cursor.unpack(f"<{max(0, rank - 1)}I"), tree=tree)
    return None


def chunks(file: File, layout: Layout) -> Iterator[Chunk]:
    """Yield the chunks that are stored.

    Raises:
        ValueError: their tree is damaged.

    """
    rank = len(layout.chunk)
    for key, address in file.leaves(layout.tree, 1, 16 + 8 * rank):
        size, mask, *offsets = Cursor(key).unpack(f"<II{rank + 1}Q")
        part = Part(content=file.content, start=address, size=size)
        yield Chunk(index=tuple(offsets[:-1]), partly=mask != 0, part=part)


def unfiltered(chunk: Chunk, filters: Sequence[Filter], size: int) -> bytes | None:
    """Return a chunk's elements, `size` bytes, or None where a filter is not known or too much.

    Raises:
        ValueError: it is damaged.

    """
    if chunk.partly or max(size, chunk.part.size) > _UNPACKED:
        return None
    data = chunk.part.read()
    for filter_ in reversed(filters):
        if filter_.number == _DEFLATE:
            try:
                data = zlib.decompressobj().decompress(data, max(1, size))
            except zlib.error as error:
                raise ValueError(f"HDF5 chunk: {error}") from error
        elif filter_.number == _SHUFFLE:
            data = _unshuffled(data, filter_.values[0] if filter_.values else 1)
        elif filter_.number == _CHECKSUM:
            data = data[:-4]
        else:
            return None
    return data


def _unshuffled(data: bytes, size: int) -> bytes:
    """Undo a filter that stores the first bytes of all elements, then their second ones, ..."""
    count = len(data) // size if size else 0
    found = bytearray(data)
    for place in range(size if count else 0):
        found[place : count * size : size] = data[place * count : (place + 1) * count]
    return bytes(found)
