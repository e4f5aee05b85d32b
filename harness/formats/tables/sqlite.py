"""SQLite databases: header, schema, rows by table and column, and then the pages.

No statement of the file is ever run. Indexes follow from tables and are not compared apart; what
only their pages show is named by page.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, islice, zip_longest
from operator import itemgetter

from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed, field
from harness.formats.cursor import Cursor
from harness.formats.fields import changed, differing, named, order, shown, unique
from harness.formats.sequences import runs
from harness.formats.tables import btrees
from harness.formats.tables.btrees import Pages, Row, Value

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
_ENCODINGS = {0: "utf-8", 1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_OBJECTS = 10_000
_SCHEMA_BYTES = 16 << 20
_STATEMENT = 1 << 16
_SHOWN = 5
_COUNTED = 100_000
_KEPT = 16 << 20
_PAGES = 5
_BYTES = 16
_COMMENTS = "--", "/*"
_TOKENS = re.compile(
    r"""--[^\n]{0,999}|/\*.{0,999}?\*/|[\w$]+|\[[^\]]{0,99}\]"""
    r"""|'(?:[^']|''){0,99}'|"(?:[^"]|""){0,99}"|`(?:[^`]|``){0,99}`|[^\s]""",
    re.DOTALL,
)
_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """An object of the schema: the page where its tree begins (0: it has none), its statement."""

    root: int
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Database:
    """A file's pages, the encoding of its texts, and its schema by "table NAME", in order."""

    pages: Pages
    encoding: str
    schema: dict[str, _Object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A row that differs: its number, and its record in both tables, None where it has none."""

    number: int
    first: bytes | None
    second: bytes | None


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing header fields, schema, rows by table, and at last the layout.

    Raises:
        ValueError: no SQLite database, or damaged.

    """
    ours, theirs = _read(first), _read(second)
    yield from _header(first, second, _FIELDS)
    telling = False
    for change in _told(ours, theirs):
        telling = True
        yield change
    yield from _header(first, second, _LAYOUT)
    sizes = [{"page size": database.pages.size} for database in (ours, theirs)]
    yield from differing(sizes[0], sizes[1], field("SQLite", At.HEADER), btrees.PAGE_SIZE_AT)
    if not telling and ours.pages.size == theirs.pages.size:
        yield from islice(_pages(ours.pages, theirs.pages), _PAGES)


def _told(first: _Database, second: _Database) -> Iterator[Change]:
    """Yield what a reader of the tables would see."""
    yield from order(field("SQLite schema order"), list(first.schema), list(second.schema))
    ours, theirs = (
        named({name: it.statement for name, it in database.schema.items()}, At.OBJECT)
        for database in (first, second)
    )
    yield from differing(ours, theirs, field("SQLite schema", At.PART))
    for name in first.schema:
        if name in second.schema:
            yield from _rows(name, first, second)


def _header(first: Content, second: Content, places: Mapping[str, int]) -> Iterator[Change]:
    for name, at in places.items():
        ours, theirs = ({name: Cursor(it, at).unpack(">I")[0]} for it in (first, second))
        yield from differing(ours, theirs, field("SQLite", At.HEADER), at)


def _read(content: Content) -> _Database:
    pages = Pages(content)
    (code,) = Cursor(content, _FIELDS["text encoding"]).unpack(">I")
    if code not in _ENCODINGS:
        raise ValueError(f"SQLite text encoding {code}")
    found: list[tuple[str, _Object]] = []
    left = _SCHEMA_BYTES
    for row in pages.rows(1):
        left -= len(row.payload)
        if left < 0 or len(found) == _OBJECTS:
            raise ValueError("SQLite schema is too large")
        kind, name, _, root, statement = btrees.values(row.payload, _ENCODINGS[code])
        page = root if isinstance(root, int) else 0
        label = shown(" ".join((str(kind), str(name))))
        found.append((label, _Object(root=page, statement=str(statement or ""))))
    return _Database(pages=pages, encoding=_ENCODINGS[code], schema=unique(found))


def _rows(name: str, first: _Database, second: _Database) -> Iterator[Change]:
    """Yield how many rows of a table differ, and the first of them."""
    table = Step(At.PART, "SQLite"), Step(At.NAME, name)
    rows = 0
    head: list[_Pair] = []
    balance: Counter[bytes] = Counter()
    for pair in islice(_pairs(name, first, second), _COUNTED):
        rows += 1
        head += [pair][: _SHOWN - len(head)]
        for payload, step in ((pair.first, 1), (pair.second, -1)):
            if payload is not None:
                balance[hashlib.sha256(payload).digest()] += step
    if rows:
        what = "differing rows" if any(balance.values()) else "equal rows in another order"
        text = f"{'at least ' * (rows == _COUNTED)}{rows}"
        summary = (*table, Step(At.ASPECT, what))
        yield Change(kind=Kind.SUMMARY, place=summary, first=text, second=text)
    columns = _columns(first.schema[name].statement)
    for pair in head:
        ours = _values(pair.first, first, columns)
        theirs = _values(pair.second, second, columns)
        row = (*table, Step(At.ROW, pair.number))
        yield from _cells(row, ours, theirs)
        if ours == theirs and pair.first and pair.second:
            one, other = (Typed(Kind.PACKING, it.hex(" ")) for it in (pair.first, pair.second))
            yield changed((*row, Step(At.ASPECT, "encoding of equal values")), one, other)


def _values(
    payload: bytes | None, database: _Database, columns: Sequence[str]
) -> dict[str, Value] | None:
    """Return a row's values by column, or None where there is no row."""
    if payload is None:
        return None
    found = btrees.values(payload, database.encoding)
    further = (str(number) for number in range(len(columns) + 1, len(found) + 1))
    return dict(zip((*columns, *further), found, strict=False))


def _cells(
    row: Place, first: Mapping[str, Value] | None, second: Mapping[str, Value] | None
) -> Iterator[Change]:
    if first is None or second is None:
        ours, theirs = ("" if it is None else shown(tuple(it.values())) for it in (first, second))
        yield Change(kind=Kind.PRESENCE, place=row, first=ours, second=theirs)
    else:
        yield from differing(named(first, At.COLUMN), named(second, At.COLUMN), row)


def _pairs(name: str, first: _Database, second: _Database) -> Iterator[_Pair]:
    """Yield the rows of a table that differ."""
    sides = [(database.pages, database.schema[name].root) for database in (first, second)]
    if not all(root for _, root in sides) or not name.startswith("table "):
        return
    if all(pages.kind(root) in btrees.NUMBERED for pages, root in sides):
        yield from _by_number(*(pages.rows(root) for pages, root in sides))
    else:
        yield from _by_place(*(pages.rows(root) for pages, root in sides))


def _by_number(first: Iterator[Row], second: Iterator[Row]) -> Iterator[_Pair]:
    ours = ((row.number, 0, row.payload) for row in first)
    theirs = ((row.number, 1, row.payload) for row in second)
    for number, group in groupby(merge(ours, theirs, key=itemgetter(0)), key=itemgetter(0)):
        found = {side: payload for _, side, payload in group}
        if found.get(0) != found.get(1):
            yield _Pair(number=number, first=found.get(0), second=found.get(1))


def _by_place(first: Iterator[Row], second: Iterator[Row]) -> Iterator[_Pair]:
    """Yield the differing rows of tables without row numbers, counted from 1 in the first."""
    ours, theirs = (_texts(rows) for rows in (first, second))
    for i, j, k, m in runs(ours, theirs):
        for number, (one, other) in enumerate(zip_longest(ours[i:j], theirs[k:m]), i + 1):
            sides = [None if text is None else text.encode("latin-1") for text in (one, other)]
            yield _Pair(number=number, first=sides[0], second=sides[1])


def _texts(rows: Iterator[Row]) -> list[str]:
    """Return the records of the first rows, within bounds, as what `runs` takes."""
    found: list[str] = []
    left = _KEPT
    for row in islice(rows, _COUNTED):
        left -= len(row.payload)
        if left < 0:
            break
        found.append(row.payload.decode("latin-1"))
    return found


def _columns(statement: str) -> list[str]:
    """Return the names that a CREATE TABLE defines, in order."""
    names: list[str] = []
    depth, before = 0, ""
    for token in _TOKENS.findall(statement[:_STATEMENT]):
        if token.startswith(_COMMENTS):
            continue
        if depth == 1 and before in {"(", ","} and token.upper() not in _CONSTRAINTS:
            names.append(token.strip("\"'`[]"))
        depth += {"(": 1, ")": -1}.get(token, 0)
        before = token
    return names


def _pages(first: Pages, second: Pages) -> Iterator[Change]:
    """Yield where pages begin to differ; the file's header apart."""
    for number in range(1, min(len(first.content), len(second.content)) // first.size + 1):
        start = (number - 1) * first.size
        ours, theirs = (pages.content[start : start + first.size] for pages in (first, second))
        skipped = btrees.HEADER if number == 1 else 0
        if ours[skipped:] != theirs[skipped:]:
            places = range(skipped, first.size)
            at = next(place for place in places if ours[place] != theirs[place])
            place = (
                Step(At.PART, "SQLite page"),
                Step(At.NUMBER, number),
                Step(At.SORT, btrees.KINDS.get(first.kind(number), "other")),
                Step(At.BYTE, at),
            )
            one, other = (page[at : at + _BYTES].hex(" ") for page in (ours, theirs))
            yield Change(kind=Kind.BYTES, place=place, first=one, second=other, offset=start + at)
