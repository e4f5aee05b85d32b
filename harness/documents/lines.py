"""At which lines of a TOML document its keys stand: for errors, which name the place first.

A document is taken apart into its statements, each a line or as many as its value takes; what one
means is read by the standard library. Large documents are not looked through.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.documents.key import Place

Lines = Sequence[tuple[Place, int]]
_LARGEST = 1 << 15
_MOST_LINES = 100
"""Of one statement."""


def lines_of(text: str) -> Lines:
    """Return the places of headers and keys in the document's order, each with its line, from 1.

    The document has been read as TOML before.
    """
    if len(text) > _LARGEST:
        return []
    found: list[tuple[Place, int]] = []
    table: Place = ()
    counts: dict[Place, int] = {}
    for number, statement in _statements(text):
        document = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _header(document, counts)
            found.append((table, number))
        else:
            found += [((*table, *path), number) for path in _paths(document)]
    return found


def line_of(place: Place, lines: Lines) -> int | None:
    """Return the line of a place or of what is nearest above it; None if nothing is."""
    for length in range(len(place), 0, -1):
        for found, line in lines:
            if found == place[:length]:
                return line
    return None


def _header(document: Mapping[str, Any], counts: dict[Place, int]) -> Place:
    """Return the place of the table that a header begins, which may be one more of an array."""
    place: Place = ()
    node: Any = document
    while node:
        ((key, node),) = node.items()
        place = (*place, key)
        if isinstance(node, list):
            counts[place] = counts.get(place, -1) + 1
            return (*place, counts[place])
        if place in counts:
            place = (*place, counts[place])
    return place


def _paths(value: Mapping[str, Any], above: Place = ()) -> Iterator[Place]:
    for key, inner in value.items():
        yield (*above, key)
        if isinstance(inner, Mapping):
            yield from _paths(inner, (*above, key))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line on which each statement begins, and its text."""
    begun, held = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if not held:
            begun = number
        held += f"{line}\n"
        if _is_whole(held):
            yield begun, held
            held = ""
        elif number - begun > _MOST_LINES:
            return


def _is_whole(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except ValueError:
        return False
    return True
