"""R's serialized values (rds, rdx, RData; as they are below gzip): the writer, values by name.

Read by rdata, of which only the parser is used: nothing becomes an object of a class of R's.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from rdata import parser

from harness.formats.arrays import decoded
from harness.formats.change import At, BeyondBoundError, Change, Content, Step
from harness.formats.fields import differing, unique
from harness.formats.guarded import read_by
from harness.formats.packing import packing, telling

_LARGEST = 256 << 20
_DEPTH = 50
_ATOMS = (str, bytes, int, float, complex, type(None))
_R = Step(At.PART, "R")


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing versions of the writer, then values by name and element.

    Raises:
        ValueError: no data of R's, too large, too deep, or damaged.

    """
    ours, theirs = _parsed(first), _parsed(second)
    yield from differing(_writer(ours), _writer(theirs), (_R,), 0)
    told = yield from telling(decoded.walk(_whole(ours), _whole(theirs), (_R,)))
    if not told and _writer(ours) == _writer(theirs):
        yield packing("R encoding", "values", first, second)


def _parsed(content: Content) -> Any:
    if len(content) > _LARGEST:
        raise BeyondBoundError(f"data of R's of more than {_LARGEST} bytes are not read")
    with read_by("rdata"):
        return parser.parse_data(content[:], expand_altrep=False)


def _writer(data: Any) -> dict[str, object]:
    written = data.versions.serialized
    return {
        "version of the format": data.versions.format,
        "version of the writer": f"{written >> 16}.{written >> 8 & 255}.{written & 255}",
        "text encoding": str(data.extra.encoding),
    }


def _whole(data: Any) -> Any:
    with read_by("rdata"):
        return _value(data.object, 0)


def _value(item: Any, depth: int) -> Any:
    """Return an object as values: named lists and pairs are mappings, attributes stand beside."""
    if depth > _DEPTH:
        raise BeyondBoundError(f"data of R's nested more than {_DEPTH} deep")
    kind, value = item.info.type.name, item.value
    if kind == "SYM":
        return _value(value, depth + 1)
    if kind == "REF":
        target = item.referenced_object
        return _value(target, depth + 1) if target.info.type.name == "SYM" else "reference"
    if kind == "CHAR":
        return None if value is None else value.decode("utf-8", "backslashreplace")
    if kind == "LIST":
        return dict(_pairs(item, depth))
    attributes = dict(_pairs(item.attributes, depth))
    found = _named(_items(value, depth), attributes.pop("names", None))
    return {"value": found, "attribute": attributes} if attributes else found


def _items(value: Any, depth: int) -> Any:
    if isinstance(value, np.ndarray):
        return np.ma.getdata(value)
    if isinstance(value, list | tuple):
        return [_item(it, depth) for it in value]
    return _item(value, depth)


def _item(value: Any, depth: int) -> Any:
    """Return a part of an object; what is neither an object nor plain is named by its type."""
    if hasattr(value, "info"):
        return _value(value, depth + 1)
    return value if isinstance(value, _ATOMS) else type(value).__name__


def _named(found: Any, names: Any) -> Any:
    if isinstance(found, list) and isinstance(names, list) and len(found) == len(names):
        return unique(zip(map(str, names), found, strict=True))
    return found


def _pairs(item: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield the values of R's linked list by their tags."""
    found = []
    while item is not None and item.info.type.name == "LIST":
        name = "" if item.tag is None else str(_value(item.tag, depth + 1))
        first, item = item.value
        found.append((name, _value(first, depth + 1)))
    yield from unique(found).items()
