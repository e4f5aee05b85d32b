"""What an installed Python distribution says of itself: RECORD, METADATA and WHEEL.

RECORD is a table of paths, hashes and sizes (PyPA: Recording installed projects). METADATA,
PKG-INFO and WHEEL are fields of a name and a text as in e-mails (PyPA: Core metadata), some more
than once, then perhaps a description.
"""

import csv
import io
from collections.abc import Iterator

from harness.formats.change import At, Change, Content, Kind, Step, Typed, field
from harness.formats.documents.text import decoded
from harness.formats.fields import changed, differing, order, shown, unique
from harness.formats.nested import Nesting
from harness.formats.sequences import runs

_ROWS = 200_000
_FIELDS = 100_000


def explain_record(first: Content, second: Content) -> Iterator[Change]:
    """Yield the order of rows, then per path its hash and size, such as "RECORD a.py: hash".

    Raises:
        ValueError: no table of three columns, or more than 200,000 rows.

    """
    ours, theirs = _rows(first), _rows(second)
    yield from order(field("order of rows"), list(ours), list(theirs))
    for path in dict.fromkeys((*ours, *theirs)):
        place = field(shown(path), At.RECORD)
        one, other = ours.get(path), theirs.get(path)
        if one is None or other is None:
            states = [" ".join(row.values()) if row else "" for row in (one, other)]
            yield changed(place, *(Typed(Kind.PRESENCE, state) for state in states))
        else:
            yield from differing(one, other, place)


def _rows(content: Content) -> dict[str, dict[str, str]]:
    rows: list[tuple[str, dict[str, str]]] = []
    try:
        for row in csv.reader(io.StringIO(decoded(content)[1], newline="")):
            path, digest, size = row
            rows.append((path, {"hash": digest, "size": size}))
            if len(rows) > _ROWS:
                raise ValueError(f"more than {_ROWS} rows")
    except csv.Error as error:
        raise ValueError(f"no RECORD: {error}") from error
    return unique(rows)


def explain_fields(first: Content, second: Content) -> Iterator[Change]:
    """Yield the fields that differ, their order, then the places within the description.

    Raises:
        ValueError: a line that is no field, or more than 100,000 lines.

    """
    (ours, text), (theirs, other) = _fields(first), _fields(second)
    for name in dict.fromkeys((*ours, *theirs)):
        one, two = ours.get(name, []), theirs.get(name, [])
        if sorted(one) == sorted(two):
            yield from order((Step(At.PART, "order of"), Step(At.NAME, shown(name))), one, two)
            continue
        for i, j, k, m in runs(one, two):
            states = [shown("; ".join(part)) for part in (one[i:j], two[k:m])]
            yield changed(field(shown(name), At.NAME), *states)
    yield from order(field("order of fields"), list(ours), list(theirs))
    if text != other:
        yield from Nesting.of(first).inside(field("description"), "", text.encode(), other.encode())


def _fields(content: Content) -> tuple[dict[str, list[str]], str]:
    """Return the texts of each field by name, and the description."""
    head, _, description = decoded(content)[1].replace("\r\n", "\n").partition("\n\n")
    fields: dict[str, list[str]] = {}
    texts: list[str] = []
    lines = head.split("\n", _FIELDS)
    if len(lines) > _FIELDS:
        raise ValueError(f"more than {_FIELDS} lines of fields")
    for line in filter(None, lines):
        if texts and line[0] in " \t":
            texts[-1] += "\n" + line
            continue
        name, colon, text = line.partition(":")
        if not colon or not name or name[0] in " \t":
            raise ValueError(f"no field: {shown(line)}")
        texts = fields.setdefault(name, [])
        texts.append(text.strip(" \t"))
    return fields, description
