"""A row that a table of the code does not have, added to it for the time of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeVar

E = TypeVar("E", bound=Enum)


@contextmanager
def added(table: type[E], name: str, *row: Any) -> Iterator[E]:
    """Add a member to an enumeration, as a line of its class would, and take it away again."""
    made = table._new_member_(table, *row)  # type: ignore[attr-defined] # what `class` calls
    made._name_ = name
    table._member_map_[name] = made
    table._value2member_map_[made._value_] = made
    table._member_names_.append(name)
    try:
        yield made
    finally:
        del table._member_map_[name], table._value2member_map_[made._value_]
        table._member_names_.remove(name)
