"""JSON (RFC 8259) and TOML 1.0: which value differs, by its path; the order of keys apart.

Numbers are compared as they are written, so that 1.0, 1.00 and 1e0 differ and no digit is lost.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from harness.formats.change import At, BeyondBoundError, Change, Content, Kind, Place, Step
from harness.formats.documents.text import decoded, words
from harness.formats.fields import WIDTH, changed, code_points, order, reordered, shown, unique
from harness.formats.sequences import runs

_LIMITS = {"JSON": 8 << 20, "TOML": 1 << 20}
_DEPTH = 100
_KEY_ORDER = Step(At.ASPECT, "key order")
_ROOT = (Step(At.ROOT),)
_STEPS = re.compile(r'"(?:[^"\\\n]|\\.)*"|[\[{]|[\]}]')


class _Number(str):
    """A number as it is written, which equals no text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def explain_json(first: Content, second: Content) -> Iterator[Change]:
    """Yield each differing value of two JSON texts, by path.

    Raises:
        ValueError: no JSON, too long or too deep.

    """
    yield from walk(json_value(first), json_value(second))


def explain_toml(first: Content, second: Content) -> Iterator[Change]:
    """Yield each differing value of two TOML texts, by path.

    Raises:
        ValueError: no TOML, too long or too deep.

    """
    yield from walk(_parsed("TOML", first, _toml), _parsed("TOML", second, _toml))


def json_value(content: Content) -> Any:
    """Return what a JSON text says; numbers are texts that equal no other text.

    Raises:
        ValueError: no JSON, too long or too deep.

    """
    return _parsed("JSON", content, _json)


def _parsed(name: str, content: Content, parse: Callable[[str], Any]) -> Any:
    if len(content) > _LIMITS[name]:
        raise BeyondBoundError(
            f"{len(content)} bytes: {name} of more than {_LIMITS[name]} is not read"
        )
    text = decoded(content)[1]
    depth = 0
    for step in _STEPS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(step[0], 0)
        if depth > _DEPTH:
            raise BeyondBoundError(f"{name} nested more than {_DEPTH} deep is not read")
    return parse(text)


def _json(text: str) -> Any:
    return json.loads(
        text,
        parse_int=_Number,
        parse_float=_Number,
        parse_constant=_Number,
        object_pairs_hook=unique,
    )


def _toml(text: str) -> Any:
    return tomllib.loads(text, parse_float=_Number)


def walk(first: Any, second: Any, root: Place = _ROOT) -> Iterator[Change]:
    """Yield differing values of two decoded texts, depth first; places begin with `root`."""
    waiting = [(root, 0, first, second)]
    while waiting:
        place, depth, one, other = waiting.pop()
        inner: list[tuple[Step, Any, Any]] = []
        if isinstance(one, dict) and isinstance(other, dict):
            yield from order((*place, _KEY_ORDER), list(one), list(other))
            yield from _alone(place, one, other)
            inner = [(_key(key), one[key], other[key]) for key in one if key in other]
        elif isinstance(one, list) and isinstance(other, list):
            changes, inner = _items(place, one, other)
            yield from changes
        elif type(one) is not type(other) or one != other:
            yield from _value(place, _text(one), _text(other))
        if depth < _DEPTH:
            waiting += [((*place, step), depth + 1, a, b) for step, a, b in reversed(inner)]


def _value(place: Place, first: str, second: str) -> Iterator[Change]:
    """Yield what differs of two values: each place of long texts, for one is not all."""
    if min(len(first), len(second)) <= WIDTH:
        yield changed(place, first, second)
        return
    for number, one, other in words(first, second):
        yield changed((*place, Step(At.WORD, number)), one, other)


def _alone(place: Place, first: dict[str, Any], second: dict[str, Any]) -> Iterator[Change]:
    """Yield the keys that one of two objects lacks."""
    alone = [key for key in [*first, *second] if (key in first) != (key in second)]
    points = code_points(alone)
    for key in alone:
        ours, theirs = (_text(it[key]) if key in it else "" for it in (first, second))
        like = (Step(At.LIKE, points[key]),) if points.get(key) else ()
        yield changed((*place, _key(key), *like), ours, theirs)


def _items(
    place: Place, first: list[Any], second: list[Any]
) -> tuple[list[Change], list[tuple[Step, Any, Any]]]:
    """Return what was put in or taken out of a list, and the items that correspond."""
    texts = [[repr(item)[: 4 * _DEPTH] for item in items] for items in (first, second)]
    if len(first) == len(second):
        if texts[0] != texts[1] and sorted(map(repr, first)) == sorted(map(repr, second)):
            return [reordered((*place, Step(At.ASPECT, "order")), *texts)], []
        pairs = enumerate(zip(first, second, strict=True))
        return [], [(Step(At.INDEX, index), one, other) for index, (one, other) in pairs]
    changes: list[Change] = []
    for i, j, k, m in runs(*texts):
        ours, theirs = (", ".join(part[:20]) for part in (texts[0][i:j], texts[1][k:m]))
        one = (*place, Step(At.INDEX, i))
        changes.append(Change(kind=Kind.TEXT, place=one, first=shown(ours), second=shown(theirs)))
    lengths = changed((*place, Step(At.ASPECT, "length")), len(first), len(second))
    return [lengths, *changes], []


def _key(key: str) -> Step:
    return Step(At.KEY, shown(key))


def _text(value: Any) -> str:
    """Return a value as JSON writes it where it has no parts; else its beginning."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)
    return shown(value if not isinstance(value, dict | list) else repr(value))
