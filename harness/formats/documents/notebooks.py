"""Jupyter notebooks: cells by number from 1, their sources, counts, outputs and metadata.

The format is nbformat 4. Cells are matched by place, or by their sources where one side has more.
Texts and images in the outputs are explained as contents of their own.
"""

import binascii
import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import zip_longest
from typing import Any

from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed
from harness.formats.documents.structured import json_value, walk
from harness.formats.fields import changed, differing, named, shown
from harness.formats.nested import Nesting
from harness.formats.sequences import runs

_Object = dict[str, Any]


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing parts of each cell, such as "cell 2 execution_count", then of the rest.

    Raises:
        ValueError: no notebook, no JSON, too long or too deep.

    """
    ours, theirs = _notebook(first), _notebook(second)
    yield from _cells(ours.pop("cells"), theirs.pop("cells"), Nesting.of(first))
    yield from walk(ours, theirs, (Step(At.PART, "notebook"),))


def _notebook(content: Content) -> _Object:
    notebook = _object(json_value(content))
    return notebook | {"cells": [_object(cell) for cell in _list(notebook.get("cells"))]}


def _object(value: Any) -> _Object:
    if isinstance(value, dict):
        return value
    raise ValueError(f"no object where a notebook has one: {shown(value)}")


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise ValueError(f"no list where a notebook has one: {shown(value)}")


def _cells(first: list[_Object], second: list[_Object], nesting: Nesting) -> Iterator[Change]:
    sources = [[_text(cell.get("source")) for cell in cells] for cells in (first, second)]
    for here, there in _matched(*sources):
        if there < 0:
            gone = Typed(Kind.PRESENCE, sources[0][here])
            yield changed((Step(At.CELL, here + 1),), gone, "")
        elif here < 0:
            place = Step(At.CELL, there + 1), Step(At.PART, "of the second")
            yield changed(place, "", Typed(Kind.PRESENCE, sources[1][there]))
        else:
            yield from _cell((Step(At.CELL, here + 1),), first[here], second[there], nesting)


def _matched(first: list[str], second: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of cells that correspond; -1 is that of one that only one side has."""
    if len(first) == len(second):
        yield from enumerate(range(len(first)))
        return
    i = k = 0
    ends = len(first), len(first), len(second), len(second)
    for a, b, c, d in (*runs(first, second), ends):
        yield from zip(range(i, a), range(k, c), strict=True)
        yield from zip_longest(range(a, b), range(c, d), fillvalue=-1)
        i, k = b, d


def _cell(place: Place, first: _Object, second: _Object, nesting: Nesting) -> Iterator[Change]:
    ours, theirs = (_text(cell.get("source")) for cell in (first, second))
    yield from _content((*place, Step(At.FIELD, "source")), "", ours, theirs, nesting)
    rest = [_without(cell, "source", "outputs") for cell in (first, second)]
    yield from walk(rest[0], rest[1], place)
    outputs = [_list(cell.get("outputs", [])) for cell in (first, second)]
    for number, (one, other) in enumerate(zip_longest(*outputs, fillvalue={}), 1):
        yield from _output((*place, Step(At.OUTPUT, number)), _object(one), _object(other), nesting)


def _output(place: Place, first: _Object, second: _Object, nesting: Nesting) -> Iterator[Change]:
    ours, theirs = _shown_parts(first), _shown_parts(second)
    for kind in (kind for kind in ours if kind in theirs):
        yield from _content(
            (*place, Step(At.NAME, shown(kind))), kind, ours[kind], theirs[kind], nesting
        )
    alone = [named(_without(ours, *theirs)), named(_without(theirs, *ours))]
    yield from differing(alone[0], alone[1], place)
    rest = [_without(output, "data", "text") for output in (first, second)]
    yield from walk(rest[0], rest[1], place)


def _shown_parts(output: _Object) -> dict[str, str]:
    """Return what an output shows, by MIME type; a stream's is called "text"."""
    parts = _object(output.get("data", {}))
    if "text" in output:
        parts = {**parts, "text": output["text"]}
    return {kind: _text(value) for kind, value in parts.items()}


def _content(
    place: Place, kind: str, first: str, second: str, nesting: Nesting
) -> Iterator[Change]:
    if first != second:
        path = f"output.{kind.rpartition('/')[2].partition('+')[0]}"
        yield from nesting.inside(place, path, _bytes(kind, first), _bytes(kind, second))


def _without(item: _Object, *names: str) -> _Object:
    return {name: value for name, value in item.items() if name not in names}


def _text(value: Any) -> str:
    """Return a text, which may be written as a list of lines; other values as JSON."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else json.dumps(value)


def _bytes(kind: str, text: str) -> bytes:
    """Return the bytes of an output: those of an image are in base 64."""
    if kind.startswith("image/"):
        with suppress(ValueError):
            return binascii.a2b_base64(text, strict_mode=True)
    return text.encode("utf-8", "surrogatepass")
