"""Reading a decoded table strictly: each error names the key path and what was expected.

A `Table` is asked for its keys one by one; `finish` then refuses whatever nobody asked for, with
the nearest known key as a suggestion.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from harness.errors import InputError

T = TypeVar("T")


class Table:
    """One table of a document, `where` being the file and the key path down to it."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise InputError(f"{where}: expected a table, found {describe(value)}")
        self._value = value
        self._known: list[str] = []
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def names(self) -> list[str]:
        """Return the keys, in the document's order, and count them as asked for."""
        self._known += self._value
        return list(self._value)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string, which must be there unless there is a default."""
        return self._get(key, str, "a string", default)

    def text_if_any(self, key: str) -> str | None:
        """Return a string, or None where it is missing or null."""
        self._known.append(key)
        return None if self._value.get(key) is None else self.text(key)

    def is_text(self, key: str) -> bool:
        """Return whether there is a string under a key that may have something else."""
        return isinstance(self._value.get(key), str)

    def number(self, key: str) -> int:
        """Return an integer, which must be there."""
        return self._get(key, int, "an integer", None)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a boolean."""
        return self._get(key, bool, "true or false", default)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return an array of strings, which must be there unless there is a default."""
        values = self._get(key, list, "an array of strings", default)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise InputError(
                    f"{self.at(key)}[{index}]: expected a string, found {describe(value)}"
                )
        return tuple(values)

    def arrays(self, key: str) -> list[tuple[str, ...]]:
        """Return an array of arrays of strings, which must be there."""
        found = []
        for index, value in enumerate(self._get(key, list, "an array of arrays", None)):
            at = f"{key}[{index}]"
            found.append(Table({at: value}, self.where).texts(at))
        return found

    def array(self, key: str) -> list[Any]:
        """Return an array of anything, which must be there."""
        return self._get(key, list, "an array", None)

    def table(self, key: str) -> "Table":
        """Return a table; one that is not there is empty."""
        self._known.append(key)
        return Table(self._value.get(key, {}), self.at(key))

    def tables(self, key: str) -> "list[Table]":
        """Return an array of tables, which must be there."""
        values = self._get(key, list, "an array of tables", None)
        return [Table(value, f"{self.at(key)}[{i}]") for i, value in enumerate(values)]

    def at(self, key: str) -> str:
        """Return the key path of `key`, after the file."""
        return f"{self.where}.{key}" if ": " in self.where else f"{self.where}: {key}"

    def error(self, key: str, problem: str) -> InputError:
        """Return an error about the value of `key`."""
        return InputError(f"{self.at(key)}: {problem}")

    def finish(self) -> None:
        """Refuse keys that were not asked for.

        Raises:
            InputError: names the first of them, and a known key that looks like it.

        """
        for key in self._value:
            if key not in self._known:
                near = get_close_matches(str(key), self._known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise InputError(f"{self.at(str(key))}: unknown key{hint}")

    def _get(self, key: str, kind: type[T], expected: str, default: Any) -> T:
        self._known.append(key)
        if key not in self._value:
            if default is None:
                near = get_close_matches(key, set(map(str, self._value)) - {*self._known}, n=1)
                hint = f"; is {near[0]!r} meant?" if near else ""
                raise InputError(f"{self.at(key)}: missing; expected {expected}{hint}")
            found: T = default
            return found
        value = self._value[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise InputError(f"{self.at(key)}: expected {expected}, found {describe(value)}")
        return value


_WIDEST_INTEGER = 64
"""Bits; TOML promises no more, and Python refuses to print what is much wider."""

_TOML_NAMES = {
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    str: "a string",
    list: "an array",
    dict: "a table",
    type(None): "null",
}


def describe(value: Any) -> str:
    """Name a value as TOML would, with a start of what it is."""
    if isinstance(value, int) and value.bit_length() > _WIDEST_INTEGER:
        return f"an integer of more than {_WIDEST_INTEGER} bits"
    name = _TOML_NAMES.get(type(value), "a date or time")
    return name if isinstance(value, list | dict) else f"{name} ({str(value)[:40]!r})"
