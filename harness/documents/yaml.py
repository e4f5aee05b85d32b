"""YAML of others, read within bounds: maps, lists and text, and nothing with a meaning of its own.

Every scalar is the text that stands there, so that 3.10 and no stay what they are. Refused are
aliases, by which a small file is a large value, tags, duplicate keys and further documents.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from harness.errors import InputError

_MOST_BYTES = 16 * 2**20
_DEEPEST = 32


def parse_yaml(data: bytes, where: str) -> Any:
    """Decode a document: dicts by text, lists and text; an empty one is empty text.

    Raises:
        InputError: too large, nested too deeply, not UTF-8, not YAML, or with what is refused;
            with the line.

    """
    if len(data) > _MOST_BYTES:
        raise InputError(f"{where}: {len(data)} bytes; at most {_MOST_BYTES} are read")
    building = _Building(where)
    try:
        for event in _events(data.decode("utf-8-sig")):
            building.take(event)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not YAML: no UTF-8; save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character that may not be there"
        raise InputError(f"{where}: not YAML: {problem}{_at(mark)}") from error
    return building.whole


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=yaml.CSafeLoader)


def _at(mark: Any) -> str:
    return f" (at line {mark.line + 1})" if mark else ""


class _Building:
    """A document while it is read; `stack` holds what is open, each map with the key that waits."""

    def __init__(self, where: str) -> None:
        self.whole: Any = ""
        self._where = where
        self._documents = 0
        self._stack: list[tuple[list[Any] | dict[str, Any], list[str]]] = []

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._error(event, "a second document")
            case yaml.AliasEvent():
                raise self._error(event, "an alias (*name), which is not read: write it out")
            case yaml.ScalarEvent():
                self._require_plain(event, event.tag)
                self._put(event.value, event)
            case yaml.SequenceStartEvent():
                self._open([], event)
            case yaml.MappingStartEvent():
                self._open({}, event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._stack.pop()
            case _:
                pass

    def _open(self, value: list[Any] | dict[str, Any], event: Any) -> None:
        self._require_plain(event, event.tag)
        if len(self._stack) == _DEEPEST:
            raise self._error(event, "nested too deeply")
        self._put(value, event)
        self._stack.append((value, []))

    def _put(self, value: Any, event: yaml.Event) -> None:
        if not self._stack:
            self.whole = value
            return
        top, waiting = self._stack[-1]
        if isinstance(top, list):
            top.append(value)
        elif waiting:
            top[waiting.pop()] = value
        elif not isinstance(value, str) or value in top:
            kind = f"{value[:80]!r} stands twice" if isinstance(value, str) else "no name"
            raise self._error(event, f"a key of a map: {kind}")
        else:
            waiting.append(value)

    def _require_plain(self, event: yaml.Event, tag: str | None) -> None:
        if tag is not None:
            raise self._error(event, f"a tag ({tag[:80]}), which is not read")

    def _error(self, event: yaml.Event, problem: str) -> InputError:
        return InputError(f"{self._where}: {problem}{_at(event.start_mark)}")
