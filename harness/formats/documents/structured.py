"""JSON (RFC 8259) and TOML 1.0: which value differs, by its path; the order of keys apart.

Numbers are compared as they are written, so that 1.0, 1.00 and 1e0 differ and no digit is lost.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from harness.formats.change import BeyondBoundError, Change, Content
from harness.formats.documents.text import decoded, words
from harness.formats.fields import WIDTH, code_points, order, reordered, shown, shown_pair, unique
from harness.formats.sequences import runs

_LIMITS = {"JSON": 8 << 20, "TOML": 1 << 20}
_DEPTH = 100
_STEPS = re.compile(r'"(?:[^"\\\n]|\\.)*"|[\[{]|[\]}]')
_PLAIN = re.compile(r"[\w-]{1,100}\Z")


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


def walk(first: Any, second: Any, root: str = "$") -> Iterator[Change]:
    """Yield differing values of two decoded texts, depth first; paths begin with `root`."""
    waiting = [(root, 0, first, second)]
    while waiting:
        path, depth, one, other = waiting.pop()
        inner: list[tuple[str, Any, Any]] = []
        if isinstance(one, dict) and isinstance(other, dict):
            yield from order(f"{path}: key order", list(one), list(other))
            yield from _alone(path, one, other)
            inner = [(_key(key), one[key], other[key]) for key in one if key in other]
        elif isinstance(one, list) and isinstance(other, list):
            changes, inner = _items(path, one, other)
            yield from changes
        elif type(one) is not type(other) or one != other:
            yield from _value(path, _text(one), _text(other))
        if depth < _DEPTH:
            waiting += [(path + key, depth + 1, a, b) for key, a, b in reversed(inner)]


def _value(path: str, first: str, second: str) -> Iterator[Change]:
    """Yield what differs of two values: each place of long texts, for one is not all."""
    if min(len(first), len(second)) <= WIDTH:
        ours, theirs = shown_pair(first, second)
        yield Change(field=path, first=ours, second=theirs)
        return
    for number, one, other in words(first, second):
        ours, theirs = shown_pair(one, other)
        yield Change(field=f"{path}, word {number}", first=ours, second=theirs)


def _alone(path: str, first: dict[str, Any], second: dict[str, Any]) -> Iterator[Change]:
    """Yield the keys that one of two objects lacks."""
    alone = [key for key in [*first, *second] if (key in first) != (key in second)]
    points = code_points(alone)
    for key in alone:
        ours, theirs = (_text(it[key]) if key in it else "" for it in (first, second))
        field = path + _key(key) + points.get(key, "")
        yield Change(field=field, first=ours, second=theirs)


def _items(
    path: str, first: list[Any], second: list[Any]
) -> tuple[list[Change], list[tuple[str, Any, Any]]]:
    """Return what was put in or taken out of a list, and the items that correspond."""
    texts = [[repr(item)[: 4 * _DEPTH] for item in items] for items in (first, second)]
    if len(first) == len(second):
        if texts[0] != texts[1] and sorted(map(repr, first)) == sorted(map(repr, second)):
            return [reordered(f"{path}: order", *texts)], []
        pairs = enumerate(zip(first, second, strict=True))
        return [], [(f"[{index}]", one, other) for index, (one, other) in pairs]
    changes: list[Change] = []
    for i, j, k, m in runs(*texts):
        ours, theirs = (", ".join(part[:20]) for part in (texts[0][i:j], texts[1][k:m]))
        changes.append(Change(field=f"{path}[{i}]", first=shown(ours), second=shown(theirs)))
    lengths = Change(field=f"{path}: length", first=str(len(first)), second=str(len(second)))
    return [lengths, *changes], []


def _key(key: str) -> str:
    return f".{key}" if _PLAIN.match(key) else f"[{shown(json.dumps(key, ensure_ascii=False))}]"


def _text(value: Any) -> str:
    """Return a value as JSON writes it where it has no parts; else its beginning."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)
    return shown(value if not isinstance(value, dict | list) else repr(value))
