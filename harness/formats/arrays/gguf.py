"""GGUF, as llama.cpp keeps models: metadata by key, tensors by type, shape and element.

The layout is that of "GGUF" in ggml's documentation, versions 2 and 3, little-endian. Elements of
types that pack several numbers into a block are compared as bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from harness.formats import elements
from harness.formats.change import At, Change, Content, Place, Step
from harness.formats.cursor import Cursor
from harness.formats.elements import Part
from harness.formats.fields import differing, named, order, shown, unique

MAGIC = b"GGUF"
_VERSIONS = range(2, 4)
_ALIGNMENT = "general.alignment"
_MOST = 200_000
_LONGEST = 1 << 20
_ITEMS = 1 << 22
_DEPTH = 4
_DIMENSIONS = 8
_BOOL, _STRING, _ARRAY = 7, 8, 9
_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    _BOOL: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_TYPES = {
    0: "float32",
    1: "float16",
    24: "int8",
    25: "int16",
    26: "int32",
    27: "int64",
    28: "float64",
    30: "bfloat16",
}
_NAMES = {
    2: "Q4_0",
    3: "Q4_1",
    6: "Q5_0",
    7: "Q5_1",
    8: "Q8_0",
    9: "Q8_1",
    10: "Q2_K",
    11: "Q3_K",
    12: "Q4_K",
    13: "Q5_K",
    14: "Q6_K",
    15: "Q8_K",
}
_GGUF = Step(At.PART, "GGUF")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tensor:
    """A tensor's type by its number, its shape, the fastest dimension last, and its data."""

    kind: int
    shape: tuple[int, ...]
    data: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file: its version, its metadata, and its tensors in their order."""

    version: int
    metadata: dict[str, object]
    tensors: dict[str, _Tensor]


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the differing version, metadata, tensors, types and shapes, and elements.

    Raises:
        ValueError: no GGUF, or damaged.

    """
    ours, theirs = _read(first), _read(second)
    yield from differing({"version": ours.version}, {"version": theirs.version}, (_GGUF,))
    metadata = named(ours.metadata), named(theirs.metadata)
    yield from differing(*metadata, (Step(At.PART, "GGUF metadata"),))
    place = (Step(At.FIELD, "GGUF tensor order"),)
    yield from order(place, list(ours.tensors), list(theirs.tensors))
    yield from differing(_described(ours), _described(theirs), (Step(At.PART, "GGUF tensor"),))
    for name, one in ours.tensors.items():
        other = theirs.tensors.get(name)
        if other and (one.kind, one.shape) == (other.kind, other.shape):
            yield from _elements(name, one, other)


def _described(file: _File) -> dict[Place, object]:
    return {
        (Step(At.SUBJECT, name), Step(At.NAME, what)): value
        for name, it in file.tensors.items()
        for what, value in (("type", _type_name(it.kind)), ("shape", it.shape))
    }


def _type_name(kind: int) -> str:
    return _TYPES.get(kind) or _NAMES.get(kind) or f"type {kind}"


def _elements(name: str, first: _Tensor, second: _Tensor) -> Iterator[Change]:
    place = (Step(At.PART, "GGUF tensor"), Step(At.SUBJECT, name))
    if first.kind in _TYPES:
        type_, shape = elements.scalar(_TYPES[first.kind]), first.shape
    elif first.data.size != second.data.size:
        sizes = [{"size": it.data.size} for it in (first, second)]
        yield from differing(sizes[0], sizes[1], place)
        return
    else:
        type_, shape = elements.opaque(_type_name(first.kind), 1), (first.data.size,)
    yield from elements.compare(place, type_, shape, (first.data, second.data))


def _read(content: Content) -> _File:
    cursor = Cursor(content)
    magic, version, tensors, keys = cursor.unpack("<4sIQQ")
    if magic != MAGIC or version not in _VERSIONS:
        raise ValueError(f"no GGUF: {magic!r}, version {version}")
    if max(tensors, keys) > _MOST:
        raise ValueError(f"GGUF of {tensors} tensors and {keys} keys: more than {_MOST}")
    metadata = unique((_text(cursor), _value(cursor, cursor.unpack("<I")[0])) for _ in range(keys))
    heads = unique((_text(cursor), _head(cursor)) for _ in range(tensors))
    alignment = metadata.get(_ALIGNMENT, 32)
    if not isinstance(alignment, int) or not alignment > 0:
        raise ValueError(f"GGUF alignment {alignment}")
    start = cursor.position + -cursor.position % alignment
    return _File(version=version, metadata=metadata, tensors=dict(_placed(content, start, heads)))


def _head(cursor: Cursor) -> tuple[tuple[int, ...], int, int]:
    """Return the shape of a tensor, its type, and where it begins."""
    (count,) = cursor.unpack("<I")
    if count > _DIMENSIONS:
        raise ValueError(f"GGUF tensor of {count} dimensions")
    shape = cursor.unpack(f"<{count}Q")
    kind, offset = cursor.unpack("<IQ")
    return shape[::-1], kind, offset


def _placed(
    content: Content, start: int, heads: dict[str, tuple[tuple[int, ...], int, int]]
) -> Iterator[tuple[str, _Tensor]]:
    """Yield the tensors: one that is packed ends at most where the next one begins."""
    starts = sorted({offset for _, _, offset in heads.values()} | {len(content) - start})
    following = dict(pairwise(starts))
    for name, (shape, kind, offset) in heads.items():
        size = following.get(offset, 0)
        size = size - offset if size else 0
        if kind in _TYPES:
            size = elements.scalar(_TYPES[kind]).size
            for extent in shape:
                size *= extent
        yield (
            name,
            _Tensor(
                kind=kind, shape=shape, data=Part(content=content, start=start + offset, size=size)
            ),
        )


def _text(cursor: Cursor) -> str:
    (size,) = cursor.unpack("<Q")
    if size > _LONGEST:
        raise ValueError(f"GGUF text of {size} bytes")
    return shown(cursor.take(size).decode("utf-8", "backslashreplace"))


def _value(cursor: Cursor, kind: int, depth: int = 0) -> object:
    if kind in _SCALARS:
        return cursor.unpack(_SCALARS[kind])[0]
    if kind == _STRING:
        return _text(cursor)
    if kind != _ARRAY or depth == _DEPTH:
        raise ValueError(f"GGUF value of type {kind}, {depth} deep")
    inner, count = cursor.unpack("<IQ")
    if count > min(_ITEMS, cursor.left):
        raise ValueError(f"GGUF array of {count} items")
    if inner in _SCALARS:
        return cursor.unpack(f"<{count}{_SCALARS[inner][1]}")
    return tuple(_value(cursor, inner, depth + 1) for _ in range(count))
