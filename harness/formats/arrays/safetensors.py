"""Safetensors: the size of a header in eight bytes, a header in JSON, then the tensors' elements.

The header gives each tensor's type, shape and place, and free texts under "__metadata__". The
layout is that of the format's own description in the safetensors repository.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import elements
from harness.formats.change import At, Change, Content, Place, Step, field
from harness.formats.cursor import Cursor
from harness.formats.elements import Part, Scalar
from harness.formats.fields import changed, differing, named, order, shown, unique

_HEADER = 8 << 20
_START = 8
_TYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "I16": "int16",
    "U16": "uint16",
    "F16": "float16",
    "BF16": "bfloat16",
    "I32": "int32",
    "U32": "uint32",
    "F32": "float32",
    "F64": "float64",
    "I64": "int64",
    "U64": "uint64",
    "C64": "complex64",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tensor:
    """A tensor's type by its name in the format, its shape, and where its elements lie."""

    dtype: str
    shape: tuple[int, ...]
    data: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file's header: as it is written, its texts, and the tensors in the order of their names."""

    text: bytes
    metadata: dict[str, object]
    tensors: dict[str, _Tensor]


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing metadata, tensors, types and shapes, elements, and places of tensors.

    Raises:
        ValueError: no safetensors, or damaged.

    """
    ours, theirs = _read(first), _read(second)
    yield from _alone("metadata", ours.metadata, theirs.metadata)
    yield from order(field("safetensors tensor order"), list(ours.tensors), list(theirs.tensors))
    yield from _descriptions(ours, theirs)
    for name in ours.tensors:
        if name in theirs.tensors:
            yield from _elements(name, ours.tensors[name], theirs.tensors[name])
    yield from _alone("place of tensor", _places(ours), _places(theirs))
    is_alike = ours.metadata == theirs.metadata and _described(ours) == _described(theirs)
    if is_alike and ours.text != theirs.text:
        yield changed(field("safetensors header text"), ours.text, theirs.text, offset=_START)


def _descriptions(first: _File, second: _File) -> Iterator[Change]:
    """Yield the tensors that one of two files lacks, and differing types and shapes."""
    ours, theirs = _described(first), _described(second)
    for name in dict.fromkeys((*ours, *theirs)):
        if name in ours and name in theirs:
            yield from differing(ours[name], theirs[name], _tensor_place(name), _START)
        else:
            one, other = ({name: it[name]} if name in it else {} for it in (ours, theirs))
            yield from _alone("tensor", one, other)


def _alone(
    what: str, first: Mapping[str, object], second: Mapping[str, object]
) -> Iterator[Change]:
    place = field(f"safetensors {what}", At.PART)
    yield from differing(named(first), named(second), place, _START)


def _tensor_place(name: str) -> Place:
    return Step(At.PART, "safetensors tensor"), Step(At.SUBJECT, name)


def _described(file: _File) -> dict[str, dict[str, object]]:
    return {name: {"type": it.dtype, "shape": it.shape} for name, it in file.tensors.items()}


def _places(file: _File) -> dict[str, object]:
    """Return where each tensor lies, in bytes after the header."""
    start = _START + len(file.text)
    return {
        name: f"{it.data.start - start} to {it.data.start - start + it.data.size}"
        for name, it in file.tensors.items()
    }


def _elements(name: str, first: _Tensor, second: _Tensor) -> Iterator[Change]:
    if (first.dtype, first.shape) != (second.dtype, second.shape):
        return
    type_, shape = _type(first)
    yield from elements.compare(_tensor_place(name), type_, shape, (first.data, second.data))


def _type(tensor: _Tensor) -> tuple[Scalar, tuple[int, ...]]:
    """Return type and shape to compare by; elements of types that C lacks are bytes in a row."""
    if tensor.dtype in _TYPES:
        return elements.scalar(_TYPES[tensor.dtype]), tensor.shape
    return elements.opaque(tensor.dtype, 1), (tensor.data.size,)


def _read(content: Content) -> _File:
    cursor = Cursor(content)
    (size,) = cursor.unpack("<Q")
    if size > _HEADER:
        raise ValueError(f"safetensors header of {size} bytes: more than {_HEADER} is not read")
    text = cursor.take(size)
    header = _header(text)
    metadata = header.pop("__metadata__", {})
    return _File(
        text=text,
        metadata=metadata,
        tensors=unique(
            (shown(name), _tensor(content, cursor.position, it)) for name, it in header.items()
        ),
    )


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text, object_pairs_hook=unique)
    except RecursionError as error:
        raise ValueError(f"safetensors header: {error}") from error
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        raise ValueError(f"safetensors header is {str(header)[:100]}")  # noqa: TRY004, a value of the content
    return header


def _tensor(content: Content, start: int, fields: Any) -> _Tensor:
    """Return a tensor by its fields; `start` is where the elements of all begin."""
    try:
        dtype, shape, places = (fields[key] for key in ("dtype", "shape", "data_offsets"))
        begin, end = elements.checked(places)
    except (KeyError, TypeError) as error:
        raise ValueError(f"safetensors tensor is {str(fields)[:100]}") from error
    data = Part(content=content, start=start + begin, size=end - begin)
    return _Tensor(dtype=str(dtype), shape=elements.checked(shape), data=data)
