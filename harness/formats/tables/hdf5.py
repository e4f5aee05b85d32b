"""HDF5 files: objects by path, their times, attributes, types and shapes, then the elements."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

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
    field,
    file_time,
)
from harness.formats.cursor import Cursor
from harness.formats.elements import Part
from harness.formats.fields import changed, differing, named, order
from harness.formats.tables import hdf5_values
from harness.formats.tables.hdf5_objects import CONTINUATION, LINK, SYMBOL_TABLE, File, Object
from harness.formats.tables.hdf5_values import Attribute, Chunk, Filter, Layout, Type

_OBJECTS = 20_000
_DEPTH = 50
_TEXTS = 100_000
_SHOWN = 4
_PACKING = 64
"""How many bytes may be unpacked for each that may be kept."""
_SPACE, _TYPE, _LAYOUT, _FILTERS, _ATTRIBUTE, _CHANGED = 0x01, 0x03, 0x08, 0x0B, 0x0C, 0x12
_READ = frozenset({_SPACE, _TYPE, _LAYOUT, _FILTERS, _ATTRIBUTE, _CHANGED})
_OLD_TIME = 0x0E
_PLACES = frozenset({0x00, 0x02, 0x15, CONTINUATION, LINK, SYMBOL_TABLE})
"""Messages that are empty, or say only where other ones lie."""
_CHANGE = "modification time"
_TIMES = "access time", _CHANGE, "change time", "birth time"
_MESSAGES = {
    0x04: "old fill value",
    0x05: "fill value",
    0x0A: "group settings",
    0x0D: "comment",
    _OLD_TIME: "old modification time",
    0x16: "reference count",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """An object as its messages describe it; what a group lacks is None or empty."""

    fields: dict[str, object]
    attributes: dict[str, Attribute]
    type: Type | None
    shape: tuple[int, ...]
    filters: tuple[Filter, ...]
    layout: Layout | None


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing objects, times, attributes, types and shapes by path, then elements.

    Raises:
        ValueError: no HDF5, too large, or damaged.

    """
    files = File(first), File(second)
    versions = [{"version": file.version} for file in files]
    yield from differing(versions[0], versions[1], field("HDF5 superblock", At.PART), 8)
    ours, theirs = (_objects(file) for file in files)
    yield from order(field("HDF5 order of objects"), list(ours), list(theirs))
    for path in dict.fromkeys((*ours, *theirs)):
        if path in ours and path in theirs:
            pair = _described(files[0], ours[path]), _described(files[1], theirs[path])
            yield from _description(_place(path), *pair)
        else:
            one, other = ("there" if path in it else "" for it in (ours, theirs))
            yield Change(kind=Kind.PRESENCE, place=_place(path), first=one, second=other)
    for path in ours:
        if path in theirs:
            pair = _described(files[0], ours[path]), _described(files[1], theirs[path])
            yield from _elements(_place(path), files, pair)


def _place(path: str) -> Place:
    return Step(At.PART, "HDF5"), Step(At.NAME, path)


def _objects(file: File) -> dict[str, Object]:
    """Return objects by path, each once: under the first path that leads to it."""
    found: dict[str, Object] = {}
    waiting = [("/", file.root, 0)]
    seen = set()
    while waiting:
        path, address, depth = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        if len(found) == _OBJECTS or depth > _DEPTH:
            raise BeyondBoundError(
                f"HDF5: {_OBJECTS} objects, nested {_DEPTH} deep, are read at most"
            )
        found[path] = file.object(address)
        links = [
            (f"{path.rstrip('/')}/{name}", at, depth + 1) for name, at in file.links(found[path])
        ]
        waiting += reversed(links)
    return found


def _described(file: File, object_: Object) -> _Described:
    messages = [message for message in object_.messages if message.type not in _PLACES]
    known = {message.type: message for message in messages if not message.shared}
    attributes = [
        hdf5_values.attribute_of(file, message.data)
        for message in messages
        if message.type == _ATTRIBUTE and not message.shared
    ]
    fields: dict[str, object] = dict(zip(_TIMES, map(_time, _TIMES, object_.times), strict=False))
    if _CHANGED in known:
        fields[_CHANGE] = file_time(Cursor(known[_CHANGED].data, 4).unpack("<I")[0])
    for message in messages:
        if message.shared or message.type not in _READ:
            shared = "shared " if message.shared else ""
            name = _MESSAGES.get(message.type, f"message {message.type:#x}")
            value = message.data.hex(" ")
            fields[shared + name] = (
                Typed(Kind.FILE_TIME, value) if message.type == _OLD_TIME else value
            )
    space, type_, filters, layout = (known.get(it) for it in (_SPACE, _TYPE, _FILTERS, _LAYOUT))
    return _Described(
        fields=fields,
        attributes={it.name: it for it in attributes},
        type=hdf5_values.type_of(type_.data) if type_ else None,
        shape=hdf5_values.shape_of(space.data) if space else (),
        filters=hdf5_values.filters_of(filters.data) if filters else (),
        layout=hdf5_values.layout_of(file, layout.start, layout.data) if layout else None,
    )


def _time(name: str, seconds: int) -> Typed:
    return file_time(seconds) if name == _CHANGE else Typed(Kind.TIME, seconds)


def _description(place: Place, first: _Described, second: _Described) -> Iterator[Change]:
    yield from differing(first.fields, second.fields, place)
    ours, theirs = (_structure(it) for it in (first, second))
    yield from differing(ours, theirs, place)
    yield from order(
        (*place, Step(At.FIELD, "attribute order")), list(first.attributes), list(second.attributes)
    )
    ours, theirs = (
        {name: value for it in side.attributes.values() for name, value in _attribute(it)}
        for side in (first, second)
    )
    yield from differing(named(ours, At.ATTRIBUTE), named(theirs, At.ATTRIBUTE), place)


def _structure(object_: _Described) -> dict[str, object]:
    type_, layout = object_.type, object_.layout
    return {
        "type": type_.name if type_ else "",
        "shape": str(object_.shape),
        "layout": str(layout) if layout else "",
        "filters": "; ".join(map(str, object_.filters)),
    }


def _attribute(attribute: Attribute) -> Iterator[tuple[str, object]]:
    values = attribute.values
    yield attribute.name, values[0] if len(values) == 1 else values
    yield f"{attribute.name} type", attribute.type.name
    yield f"{attribute.name} shape", str(attribute.shape)


def _elements(
    place: Place, files: tuple[File, File], pair: tuple[_Described, _Described]
) -> Iterator[Change]:
    """Yield the differing elements of two datasets of one structure."""
    type_, layouts = pair[0].type, [it.layout for it in pair if it.layout]
    if type_ is None or len(layouts) < len(pair) or _structure(pair[0]) != _structure(pair[1]):
        return
    parts = [layout.part for layout in layouts if layout.part and layout.part.size]
    if len(parts) == len(pair):
        yield from _values(place, type_, pair[0].shape, files, parts)
    ours, theirs = (
        {it.index: it for it in hdf5_values.chunks(file, layout)}
        for file, layout in zip(files, layouts, strict=True)
    )
    for index in dict.fromkeys((*ours, *theirs)):
        chunk = (*place, Step(At.CHUNK, str(list(index))))
        if index in ours and index in theirs:
            yield from _chunk(chunk, files, pair[0], (ours[index], theirs[index]))
        else:
            one, other = ("there" if index in it else "" for it in (ours, theirs))
            yield Change(kind=Kind.PRESENCE, place=chunk, first=one, second=other)


def _chunk(
    place: Place, files: tuple[File, File], dataset: _Described, chunks: tuple[Chunk, Chunk]
) -> Iterator[Change]:
    """Yield the differing elements of a chunk, or that bytes differ which are not unpacked."""
    type_, layout = dataset.type, dataset.layout
    if not type_ or not layout or (same(chunks[0].part, chunks[1].part) and not type_.variable):
        return
    size = math.prod(layout.chunk) * type_.scalar.size
    files[0].spend(size // _PACKING)
    datas = [hdf5_values.unfiltered(chunk, dataset.filters, size) for chunk in chunks]
    parts = [Part(content=data, start=0, size=len(data)) for data in datas if data is not None]
    if len(parts) == len(chunks):
        for change in _values(place, type_, layout.chunk, files, parts):
            yield replace(change, offset=None)
    else:
        ours, theirs = (
            {place: Typed(Kind.BYTES, f"{it.part.size} bytes, SHA-256 {digest(it.part)}")}
            for it in chunks
        )
        yield from differing(ours, theirs)


def _values(
    dataset: Place,
    type_: Type,
    shape: tuple[int, ...],
    files: tuple[File, File],
    parts: Sequence[Part],
) -> Iterator[Change]:
    """Yield the first differing elements of two parts."""
    if not type_.variable:
        yield from elements.compare(dataset, type_.scalar, shape, (parts[0], parts[1]))
        return
    size = _TEXTS * type_.scalar.size
    ours, theirs = (
        hdf5_values.values(file, type_, part.read(0, size))
        for file, part in zip(files, parts, strict=True)
    )
    pairs = enumerate(zip(ours, theirs, strict=False))
    places = ((place, pair) for place, pair in pairs if pair[0] != pair[1])
    for place, pair in islice(places, _SHOWN):
        where = elements.element(elements.index(place, shape))
        yield changed((*dataset, where), *pair)
