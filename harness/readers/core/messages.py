"""Messages between harness and its reader: a line of JSON each, and nothing believed of an answer.

An answer is a row of messages: the format, each change, and an end; or, at any place, why there is
no more.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.formats.change import At, Change, Kind, Place, Step, Value, field

LARGEST = 1 << 17
"""Bytes of a message: a place and two texts of `_LONGEST` characters, each escaped, are less."""
_LONGEST = 3000
_STEP = 20
"""Characters that a step counts for besides its value."""
_KINDS, _STEPS = frozenset(Kind), frozenset(At)
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be explained: two files, the name of both, and how many changes are wanted."""

    first: str
    second: str
    name: str
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The name of the format that explains both files; changes follow."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """There is no more: all was told if `why` is empty."""

    why: str = ""


Answer = Form | Change | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The name of the format that explains two files, empty where none did, and what differs."""

    form: str
    changes: tuple[Change, ...]


def encode_request(request: Request) -> bytes:
    """Return the message of a request."""
    return json.dumps([request.first, request.second, request.name, request.most]).encode()


def decode_request(message: bytes) -> Request:
    """Return the request of a message that is ours."""
    first, second, name, most = json.loads(message)
    return Request(first=first, second=second, name=name, most=most)


def encode(answer: Answer) -> bytes:
    """Return the message of an answer; what is very long is shortened."""
    return json.dumps(_said(answer)).encode()


def _said(answer: Answer) -> list[object]:
    if isinstance(answer, Form):
        return ["format", answer.name]
    if isinstance(answer, Ended):
        return ["end", _short(answer.why)]
    values = (_short(value) for value in (answer.first, answer.second))
    return ["change", answer.kind, _bounded(answer.place), *values, answer.offset]


def decode(message: bytes) -> Answer:
    """Return the answer of a message.

    Raises:
        ValueError: it is none.

    """
    try:
        said = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise ValueError("no JSON") from error
    match said:
        case ["format", str(name)]:
            return Form(name=name)
        case ["change", str(kind), list(steps), first, second, offset]:
            _require(kind in _KINDS and _is_offset(offset))
            _require(_is_value(first) and _is_value(second))
            place = tuple(map(_step, steps))
            return Change(kind=Kind(kind), place=place, first=first, second=second, offset=offset)
        case ["end", str(why)]:
            return Ended(why=why)
    raise ValueError("no answer")


def explanation(answers: Iterable[Answer]) -> Explained:
    """Return what a row of answers says; what could not be read is a change that says so."""
    form, changes = "", list[Change]()
    for answer in answers:
        match answer:
            case Form(name=name):
                form = name
            case Change():
                changes.append(answer)
            case Ended(why=why) if why:
                changes.append(_unread("rest, not read" if changes else "content, not read", why))
    return Explained(form=form, changes=tuple(changes))


def _unread(what: str, why: str) -> Change:
    reason = f"could not be read: {why}"
    return Change(kind=Kind.UNREAD, place=field(what), first=reason, second="")


def failed(error: Exception) -> Ended:
    """Return the end that an error makes of an answer, in the words of who reads the report."""
    if isinstance(error, MemoryError):
        return Ended(why=_OUT_OF_MEMORY)
    if isinstance(error, OSError):
        return Ended(why=error.strerror or str(error))
    return Ended(why=f"its reader failed: {type(error).__name__}")


def _is_offset(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError("no answer")


def _step(said: Any) -> Step:
    match said:
        case [str(at), value] if at in _STEPS and type(value) in {str, int}:
            return Step(At(at), value)
    raise ValueError("no answer")


def _is_value(value: Any) -> bool:
    return type(value) in {str, int, float}


def _short(value: Value) -> Value:
    return _cut(value, _LONGEST) if isinstance(value, str) else value


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}{_ELLIPSIS}"


def _bounded(place: Place) -> list[Step]:
    """Return the first steps of a place, as many as a message holds."""
    found, left = list[Step](), _LONGEST
    for step in place:
        left -= _STEP
        text = _cut(str(step.value), max(0, left))
        found.append(step if text == str(step.value) else Step(step.at, text))
        left -= len(text)
        if left <= 0:
            return [*found, Step(At.LIKE, _ELLIPSIS)]
    return found
