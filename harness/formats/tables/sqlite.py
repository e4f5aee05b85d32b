"""SQLite databases: header, schema, rows by table and column, and then the pages.

The standard library's SQLite reads a copy in memory; nothing of the schema is trusted or run: no
view, trigger, virtual table or computed column is asked. Indexes follow from tables and are not
compared apart; what only their pages show is named by page.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, islice, zip_longest
from operator import itemgetter
from typing import Any

from harness.formats.change import At, BeyondBoundError, Change, Content, Kind, Step, field
from harness.formats.cursor import Cursor
from harness.formats.fields import differing, named, order, shown, unique
from harness.formats.guarded import read_by
from harness.formats.packing import telling
from harness.formats.sequences import runs
from harness.formats.tables import rows
from harness.formats.tables.rows import Pair, Row

MAGIC = b"SQLite format 3\0"
_HEADER = 100
_PAGE_SIZE_AT = 16
_VERSIONS_AT = 18
_LARGEST_PAGE, _SMALLEST_PAGE = 1 << 16, 512
_FIELDS = {
    "library version": 96,
    "text encoding": 56,
    "application id": 68,
    "user version": 60,
    "schema format": 44,
    "default cache size": 48,
    "incremental vacuum": 64,
}
_LAYOUT = {
    "schema cookie": 40,
    "change counter": 24,
    "change counter at version": 92,
    "size in pages": 28,
    "free pages": 36,
    "first free page": 32,
    "largest root page": 52,
}
_KINDS = {2: "index interior", 5: "table interior", 10: "index leaf", 13: "table leaf"}
"""What the first byte of a tree's page says."""
_LARGEST = 128 << 20
_VALUE = 16 << 20
_OBJECTS = 10_000
_COUNTED = 100_000
_PAGES = 5
_BYTES = 16
_SAFE = (
    *("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"),
    "ignore_check_constraints = ON",
)
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA})
_NUMBERS = ("rowid", "_rowid_", "oid")
"""What a row's number is called, where no column of a table is called so."""
_COMPUTED = 2
"""What `table_xinfo` says of a column that is computed when it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """An object of the schema: its name, its statement, and whether it has rows of its own."""

    name: str
    statement: str
    is_table: bool


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing header fields, schema, rows by table, and at last the layout.

    Raises:
        ValueError: no SQLite database, too large, or damaged.

    """
    sizes = [{"page size": _page_size(content)} for content in (first, second)]
    with closing(_opened(first)) as ours, closing(_opened(second)) as theirs:
        schemas = _schema(ours), _schema(theirs)
        yield from _header(first, second, _FIELDS)
        told = yield from telling(_told(ours, theirs, *schemas))
    yield from _header(first, second, _LAYOUT)
    yield from differing(sizes[0], sizes[1], field("SQLite", At.HEADER), _PAGE_SIZE_AT)
    if not told and sizes[0] == sizes[1]:
        yield from islice(_pages(first, second, sizes[0]["page size"]), _PAGES)


def _told(
    ours: sqlite3.Connection,
    theirs: sqlite3.Connection,
    first: dict[str, _Object],
    second: dict[str, _Object],
) -> Iterator[Change]:
    """Yield what a reader of the tables would see."""
    yield from order(field("SQLite schema order"), list(first), list(second))
    statements, others = (
        named({name: it.statement for name, it in schema.items()}, At.OBJECT)
        for schema in (first, second)
    )
    yield from differing(statements, others, field("SQLite schema", At.PART))
    for label, it in first.items():
        if label in second and it.is_table and second[label].is_table:
            place = Step(At.PART, "SQLite"), Step(At.NAME, label)
            yield from rows.told(place, _pairs(it.name, ours, theirs))


def _header(first: Content, second: Content, places: Mapping[str, int]) -> Iterator[Change]:
    for name, at in places.items():
        ours, theirs = ({name: Cursor(it, at).unpack(">I")[0]} for it in (first, second))
        yield from differing(ours, theirs, field("SQLite", At.HEADER), at)


def _page_size(content: Content) -> int:
    head = Cursor(content).take(_HEADER)
    if not head.startswith(MAGIC):
        raise ValueError("no SQLite database")
    size = int.from_bytes(head[_PAGE_SIZE_AT : _PAGE_SIZE_AT + 2])
    size = _LARGEST_PAGE if size == 1 else size
    if size < _SMALLEST_PAGE or size & (size - 1):
        raise ValueError(f"SQLite pages of {size} bytes")
    return size


def _opened(content: Content) -> sqlite3.Connection:
    """Return a copy in memory, which only rows can be read of; a log beside the file is not."""
    if len(content) > _LARGEST:
        raise BeyondBoundError(f"a SQLite database of more than {_LARGEST} bytes is not read")
    data = content[:_VERSIONS_AT] + b"\1\1" + content[_VERSIONS_AT + 2 :]
    with _reading():
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.deserialize(data)
        for setting in _SAFE:
            connection.execute(f"PRAGMA {setting}")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE)
        connection.text_factory = _text
        connection.set_authorizer(_authorized)
    return connection


@contextmanager
def _reading() -> Iterator[None]:
    """Make what SQLite raises at damage ValueError; sizes that are damaged are memory to it."""
    try:
        with read_by("SQLite"):
            yield
    except MemoryError as error:
        raise BeyondBoundError("SQLite: a record takes more memory than there is") from error


def _authorized(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _schema(connection: sqlite3.Connection) -> dict[str, _Object]:
    asked = "SELECT type, name, rootpage, sql FROM sqlite_schema ORDER BY rowid"
    with _reading():
        found = connection.execute(asked).fetchmany(_OBJECTS + 1)
    if len(found) > _OBJECTS:
        raise BeyondBoundError(f"a SQLite schema of more than {_OBJECTS} objects is not read")
    return unique(
        (
            shown(f"{kind} {name}"),
            _Object(
                name=str(name), statement=str(sql or ""), is_table=kind == "table" and bool(root)
            ),
        )
        for kind, name, root, sql in found
    )


def _pairs(name: str, ours: sqlite3.Connection, theirs: sqlite3.Connection) -> Iterator[Pair]:
    """Yield the rows of a table in pairs: by number, or where they have none by place."""
    sides = [_rows(name, it) for it in (ours, theirs)]
    if all(_number(name, it) for it in (ours, theirs)):
        yield from _by_number(*sides)
    else:
        kept = [[row for _, row in islice(side, _COUNTED)] for side in sides]
        yield from _by_place(*kept)


def _number(name: str, connection: sqlite3.Connection) -> str:
    """Return what the number of a table's rows is called, nothing where they have none."""
    with _reading():
        (table,) = connection.execute(f"PRAGMA table_list({_quoted(name)})").fetchall()
        taken = {it[1].lower() for it in _listed(name, connection)}
    without = table[4]
    return "" if without else next((word for word in _NUMBERS if word not in taken), "")


def _listed(name: str, connection: sqlite3.Connection) -> list[Any]:
    return connection.execute(f"PRAGMA table_xinfo({_quoted(name)})").fetchall()


def _rows(name: str, connection: sqlite3.Connection) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a table with their numbers (0 for none), in the order they are kept in.

    A column that is another name of the number is left out.
    """
    number = _number(name, connection)
    with _reading():
        listed = _listed(name, connection)
        keys = [it for it in listed if it[5]]
        alias = {it[1] for it in keys if number and len(keys) == 1 and _is_integer(it[2])}
        columns = [it[1] for it in listed if it[6] != _COMPUTED and it[1] not in alias]
        asked = ", ".join([number or "0", *map(_quoted, columns)])
        # Names of a content, quoted: the authorizer allows nothing but to read.
        query = " ".join(["SELECT", asked, "FROM", _quoted(name), "NOT INDEXED"])
        found = connection.execute(query)
    while True:
        with _reading():
            row = found.fetchone()
        if row is None:
            return
        yield row[0], dict(zip(columns, row[1:], strict=True))


def _is_integer(type_: str) -> bool:
    return type_.upper() == "INTEGER"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _by_number(
    first: Iterator[tuple[int, Row]], second: Iterator[tuple[int, Row]]
) -> Iterator[Pair]:
    ours = ((number, 0, row) for number, row in first)
    theirs = ((number, 1, row) for number, row in second)
    for number, group in groupby(merge(ours, theirs, key=itemgetter(0)), key=itemgetter(0)):
        found = {side: row for _, side, row in group}
        yield number, found.get(0), found.get(1)


def _by_place(first: list[Row], second: list[Row]) -> Iterator[Pair]:
    """Yield the differing rows of tables without row numbers, counted from 1 in the first."""
    for i, j, k, m in runs(list(map(repr, first)), list(map(repr, second))):
        for number, (one, other) in enumerate(zip_longest(first[i:j], second[k:m]), i + 1):
            yield number, one, other


def _pages(first: Content, second: Content, size: int) -> Iterator[Change]:
    """Yield where pages begin to differ; the file's header apart."""
    for number in range(1, min(len(first), len(second)) // size + 1):
        start = (number - 1) * size
        ours, theirs = (content[start : start + size] for content in (first, second))
        skipped = _HEADER if number == 1 else 0
        if ours[skipped:] != theirs[skipped:]:
            at = next(place for place in range(skipped, size) if ours[place] != theirs[place])
            kind = _KINDS.get(ours[skipped], "other")
            place = (
                Step(At.PART, "SQLite page"),
                Step(At.NUMBER, number),
                Step(At.SORT, kind),
                Step(At.BYTE, at),
            )
            one, other = (page[at : at + _BYTES].hex(" ") for page in (ours, theirs))
            yield Change(kind=Kind.BYTES, place=place, first=one, second=other, offset=start + at)
