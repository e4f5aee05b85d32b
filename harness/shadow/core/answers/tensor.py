"""A tensor, as every protocol's answers are read into."""

from dataclasses import dataclass
from itertools import chain
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """Values in row-major order.

    `datatype` is that of Open Inference V2, or "integer", "number", "string", "boolean", "null",
    "empty" or "object" as in JSON; of "fields", each value holds names and shapes of a document's.
    A number is its literal, or a float if it was read as a double; `shape` is () for a
    single value.
    """

    datatype: str
    shape: tuple[int, ...]
    data: list[Any]


def rectangle(value: Any) -> tuple[tuple[int, ...], list[Any]]:
    """Return the shape of evenly nested lists and their items in order."""
    shape: tuple[int, ...] = ()
    items = [value]
    while items and type(items[0]) is list:
        size = len(items[0])
        if any(type(item) is not list or len(item) != size for item in items):
            break
        shape = (*shape, size)
        items = list(chain.from_iterable(items)) if len(items) > 1 else items[0]
    return shape, items
