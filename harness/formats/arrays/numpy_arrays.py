"""npy arrays (NumPy Enhancement Proposal 1, format versions 1.0 to 3.0): header, then elements.

An npz is a zip of them, which the zip explainer opens. An array of objects holds a pickle, which
is never loaded: the explainer of pickles reads it.
"""

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.formats import elements
from harness.formats.change import At, Change, Content, Step, field
from harness.formats.cursor import Cursor
from harness.formats.elements import Part, Scalar
from harness.formats.fields import changed, differing
from harness.formats.nested import Nesting

MAGIC = b"\x93NUMPY"
_HEADER = 1 << 16
_TYPE = re.compile(r"([<>|=])?([a-zA-Z?])(\d{0,9})(\[[^\]]{1,20}\])?\Z")
_KINDS = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_TIMES = "mM"
_OBJECT = "|O"
_KEYS = ("descr", "fortran_order", "shape")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Array:
    """An array's format version, header and where its elements lie."""

    version: str
    header: dict[str, object]
    text: bytes
    data: Part


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing header fields, then the first differing elements.

    Raises:
        ValueError: no npy, or damaged.

    """
    ours, theirs = _read(first), _read(second)
    yield from differing(ours.header, theirs.header, field("npy", At.HEADER), len(MAGIC))
    versions = [{"version": it.version} for it in (ours, theirs)]
    yield from differing(versions[0], versions[1], field("npy format", At.PART), 6)
    if ours.header == theirs.header and ours.text != theirs.text:
        yield changed(field("npy header text"), ours.text, theirs.text, offset=len(MAGIC))
    if ours.header["descr"] == theirs.header["descr"] == _OBJECT:
        limit = Nesting.of(first).limit
        pickles = (array.data.read(0, limit) for array in (ours, theirs))
        yield from Nesting.of(first).inside(field("npy objects"), "objects.pkl", *pickles)
    elif ours.header == theirs.header:
        yield from _elements(ours, theirs)


def _elements(first: _Array, second: _Array) -> Iterator[Change]:
    yield from elements.compare(
        (Step(At.PART, "npy"),),
        _type(first.header["descr"]),
        elements.checked(first.header["shape"]),
        (first.data, second.data),
        column_major=first.header["fortran_order"] is True,
    )


def _read(content: Content) -> _Array:
    cursor = Cursor(content)
    magic, major, minor = cursor.unpack("<6s2B")
    if magic != MAGIC or not 1 <= major <= 3:  # noqa: PLR2004, the versions there are
        raise ValueError(f"no npy: {magic!r}, version {major}.{minor}")
    (size,) = cursor.unpack("<H" if major == 1 else "<I")
    if size > _HEADER:
        raise ValueError(f"npy header of {size} bytes")
    text = cursor.take(size)
    return _Array(
        version=f"{major}.{minor}",
        header=_header(text),
        text=text,
        data=Part(content=content, start=cursor.position, size=cursor.left),
    )


def _header(text: bytes) -> dict[str, object]:
    try:
        header = ast.literal_eval(text.decode("utf-8", "replace"))
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"npy header: {error}") from error
    if not isinstance(header, dict) or any(key not in header for key in _KEYS):
        raise ValueError(f"npy header lacks one of {', '.join(_KEYS)}")
    return {str(key): value for key, value in header.items()}


def _type(descr: object) -> Scalar:
    """Return the type of elements; records are shown whole.

    `descr` is a text such as "<f8", or the list of a record's fields.
    """
    if isinstance(descr, list):
        return elements.opaque("record", sum(_field_size(field) for field in descr))
    match = _TYPE.match(descr) if isinstance(descr, str) else None
    if match is None:
        raise ValueError(f"npy descr {str(descr)[:100]!r} is not known")
    order, kind, size = match[1], match[2], int(match[3] or 1)
    if kind in _KINDS:
        return elements.scalar(
            "bool" if kind == "b" else f"{_KINDS[kind]}{8 * size}",
            "big" if order == ">" else "little",
        )
    if kind in _TIMES:
        return elements.scalar("int64", "big" if order == ">" else "little")
    if kind == "U" and size:
        encoding = "utf-32-be" if order == ">" else "utf-32-le"
        return Scalar(
            name="text",
            size=4 * size,
            read=lambda data: data.decode(encoding, "replace").rstrip("\0"),
        )
    if kind == "S" and size:
        return Scalar(name="bytes", size=size, read=lambda data: data.rstrip(b"\0"))
    return elements.opaque(f"{kind}{size}", size)


def _field_size(field: object) -> int:
    """Return the bytes of a record's field: (name, descr) or (name, descr, shape)."""
    if not isinstance(field, tuple) or not 2 <= len(field) <= 3:  # noqa: PLR2004, name, descr, shape
        raise ValueError(f"npy descr holds {str(field)[:100]}")
    shape = field[2] if len(field) > 2 else ()  # noqa: PLR2004, as above
    sizes = elements.checked(shape if isinstance(shape, tuple) else (shape,))
    return math.prod(sizes) * _type(field[1]).size
