"""Values that libraries of numbers made of a content: arrays by element, all else by path."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from harness.formats import elements
from harness.formats.change import At, Change, Place, Step
from harness.formats.documents.structured import walk as walk_plain
from harness.formats.elements import Part
from harness.formats.fields import changed, shown
from harness.formats.plain import plain

_DEPTH = 50


def walk(first: Any, second: Any, place: Place, depth: int = 0) -> Iterator[Change]:
    """Yield what differs of two values, of which mappings and lists are gone into.

    Raises:
        ValueError: they lie too deep.

    """
    if depth > _DEPTH:
        raise ValueError(f"values nested more than {_DEPTH} deep")
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for name in dict.fromkeys((*first, *second)):
            inner = (*place, Step(At.NAME, shown(name)))
            if name in first and name in second:
                yield from walk(first[name], second[name], inner, depth + 1)
            else:
                ours, theirs = (_said(it[name]) if name in it else "" for it in (first, second))
                yield changed(inner, ours, theirs)
    elif isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        yield from _arrays(first, second, place)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from walk(one, other, (*place, Step(At.INDEX, number)), depth + 1)
    elif _said(first) != _said(second):
        yield from walk_plain(plain(first), plain(second), place)


def _arrays(first: Any, second: Any, place: Place) -> Iterator[Change]:
    for name, ours, theirs in (
        ("type", first.dtype.str, second.dtype.str),
        ("shape", first.shape, second.shape),
    ):
        if ours != theirs:
            yield changed((*place, Step(At.ASPECT, name)), ours, theirs)
    if first.dtype != second.dtype or first.shape != second.shape:
        return
    if first.dtype.kind in "biufc":
        datas = [
            array.astype(array.dtype.newbyteorder("<"), order="C").tobytes()
            for array in (first, second)
        ]
        parts = [Part(content=data, start=0, size=len(data)) for data in datas]
        type_ = elements.scalar(first.dtype.name)
        yield from elements.compare(place, type_, first.shape, (parts[0], parts[1]))
    else:
        yield from walk_plain(plain(first.tolist()), plain(second.tolist()), place)


def _said(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype.name}, shape {value.shape}"
    return shown(plain(value)) if not isinstance(value, str) else shown(value)
