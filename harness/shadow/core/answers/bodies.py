"""Bodies by their content type: a document, a stream of documents, a table, parts, text or bytes.

What does not keep to its type is text or bytes, and whatever has no type of its own is read as
JSON first. Sources: RFC 8259 (JSON), the HTML standard's section 9.2 (event streams), RFC 4180
(CSV), RFC 2046 (multipart).
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.shadow.core.answers import literals

MAX_PARTS = 100
MAX_DOCUMENTS = 50_000
MAX_COLUMNS = 2_000
"""Of streams and tables; what has more is text."""

_CHARSETS = {
    **{name: name for name in ("utf-8", "utf-16", "utf-32", "ascii", "latin-1", "big5", "gb18030")},
    **{name: name for name in ("shift_jis", "euc-jp", "euc-kr", "koi8-r", "windows-1251")},
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "windows-1252": "windows-1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
"""Charsets that are read, as they are named; others are guessed from the bytes."""

_CHARSET = re.compile(r";\s*charset=([^;\s]+)")
_LINE = re.compile(r"\r\n|\n|\r")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("nan", "NaN", "NAN"), b"NaN"),
    **dict.fromkeys(("inf", "Inf", "Infinity"), b"Infinity"),
    **dict.fromkeys(("-inf", "-Inf", "-Infinity"), b"-Infinity"),
}
_BLANK = b"NaN"
_END_OF_HEAD = re.compile(rb"\A\r?\n|\r?\n\r?\n")
_NAME = re.compile(r'\bname="?([^";]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document, as `literals.decode` returns it."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Documents one after the other, called `events` or `lines`."""

    name: str
    documents: list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A table: its columns by name, in order; numbers are literals, as in a document.

    `blank` are, for columns of numbers in which cells are empty, which those are; `delimiter` is
    what stands between cells.
    """

    columns: Mapping[str, list[Any]]
    blank: Mapping[str, list[bool]]
    delimiter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of several: its name or place, its content type and disposition, what it holds."""

    name: str
    content_type: str
    disposition: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A body that is made of others, `closed` if it has the boundary that ends it."""

    parts: list[Part]
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """What is compared as a whole: "text", or "bytes" where it is none."""

    datatype: str
    value: str | bytes


Body = Document | Stream | Columns | Parts | Opaque


def body_of(data: bytes, content_type: str, *, as_doubles: bool = False) -> Body:
    """Return what a body holds; `content_type` is "" where none was said."""
    kind = content_type.partition(";")[0].strip().lower()
    reader = _READERS.get("multipart" if kind.startswith("multipart/") else kind, _json)
    try:
        body = reader(data, content_type.lower(), as_doubles)
    except ValueError:
        return _opaque(data, content_type.lower())
    many = isinstance(body, Stream) and len(body.documents) > MAX_DOCUMENTS
    return _opaque(data, content_type.lower()) if many else body


def is_marked(data: bytes) -> bool:
    """Return whether a byte order mark leads, which some readers of text take for a part of it."""
    return data.startswith(_MARKS)


def _text(data: bytes, content_type: str) -> str:
    """Return the text in the charset that is said, or else in that of Unicode which it shows."""
    said = _CHARSET.search(content_type)
    named = _CHARSETS.get(said.group(1).strip('"')) if said else None
    guessed = json.detect_encoding(data)
    return data.decode(guessed if named in {None, "utf-8"} else str(named))


def _opaque(data: bytes, content_type: str) -> Opaque:
    try:
        return Opaque(datatype="text", value=_text(data, content_type))
    except ValueError:
        return Opaque(datatype="bytes", value=data)


def _json(data: bytes, content_type: str, as_doubles: bool) -> Body:
    text = _text(data, content_type)
    try:
        value = literals.decode(text, as_doubles=as_doubles)
    except ValueError:
        lines = _LINE.split(text.strip())
        if len(lines) == 1 or not all(line.startswith(("{", "[")) for line in lines):
            raise
        # Lines of JSON, whatever their type says.
        documents = [literals.decode(line, as_doubles=as_doubles) for line in lines]
        return Stream(name="lines", documents=documents)
    return Document(value=value)


def _lines(data: bytes, content_type: str, as_doubles: bool) -> Stream:
    lines = (line.strip("\x1e \t") for line in _LINE.split(_text(data, content_type)))
    documents = [_decoded(line, as_doubles) for line in lines if line]
    return Stream(name="lines", documents=documents)


def _events(data: bytes, content_type: str, as_doubles: bool) -> Stream:
    events, held = list[dict[str, Any]](), list[tuple[str, str]]()
    lines = _LINE.split(_text(data, content_type))
    # What follows the last end of a line is not an empty line, which alone ends an event.
    for line in lines if lines[-1] else lines[:-1]:
        if line:
            name, _, value = line.partition(":")
            held += [(name, value.removeprefix(" "))] if name else []
        elif held:
            events.append(_event(held, as_doubles))
            held = []
    if held:
        events.append(_event(held, as_doubles) | {"unfinished": True})
    return Stream(name="events", documents=events)


def _event(held: Sequence[tuple[str, str]], as_doubles: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value for name, value in held if name != "data"}
    data = [value for name, value in held if name == "data"]
    if not data:
        return fields
    text = "\n".join(data)
    # A token of text may be " 5": around what is not an object or list, blanks say something.
    is_padded = text != text.strip() and not text.strip().startswith(("{", "["))
    return fields | {"data": text if is_padded else _decoded(text, as_doubles)}


def _decoded(text: str, as_doubles: bool) -> Any:
    try:
        return literals.decode(text, as_doubles=as_doubles)
    except ValueError:
        return text


def _table(data: bytes, content_type: str, _: bool) -> Columns:
    text = _text(data, content_type)
    first = text.partition("\n")[0]
    tabbed = "tab-separated" in content_type
    delimiter = "\t" if tabbed else ";" if ";" in first and "," not in first else ","
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if not rows or any(len(row) != len(rows[0]) for row in rows) or len(rows[0]) > MAX_COLUMNS:
        raise ValueError("rows of different lengths, or too many columns")
    named = not any(map(_number, rows[0]))
    plain = (f"column {number}" for number in range(1, len(rows[0]) + 1))
    names = literals.told_apart(rows[0] if named else plain)
    cells = zip(*rows[named:], strict=True) if rows[named:] else [()] * len(names)
    read = {name: _column(column) for name, column in zip(names, cells, strict=True)}
    return Columns(
        columns={name: values for name, (values, _) in read.items()},
        blank={name: blank for name, (_, blank) in read.items() if any(blank)},
        delimiter=delimiter,
    )


def _column(cells: Sequence[str]) -> tuple[list[Any], list[bool]]:
    """Return a column's values, and of numbers which are not there."""
    numbers = [_number(cell) if cell else _BLANK for cell in cells]
    if not any(cells) or None in numbers:
        return list(cells), []
    return list(numbers), [not cell for cell in cells]


def _number(cell: str) -> bytes | None:
    return cell.encode() if _NUMBER.fullmatch(cell) else _WORDS.get(cell)


def _parts(data: bytes, _: str, __: bool) -> Parts:
    boundary = data.lstrip(b"\r\n").partition(b"\n")[0].rstrip()
    if not boundary.startswith(b"--"):
        raise ValueError("no boundary")
    pieces = re.split(rb"(?:\A|\r?\n)" + re.escape(boundary) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)", data)
    found = [_part(piece) for piece in pieces if piece.strip()]
    if len(found) > MAX_PARTS:
        raise ValueError("too many parts")
    names = literals.told_apart(part.name or str(number) for number, part in enumerate(found))
    parts = [replace(part, name=name) for name, part in zip(names, found, strict=True)]
    return Parts(parts=parts, closed=boundary + b"--" in data)


def _part(piece: bytes) -> Part:
    """Return a part; one that begins with an empty line has no headers."""
    end = _END_OF_HEAD.search(piece)
    head, body = (piece[: end.start()], piece[end.end() :]) if end else (b"", piece)
    lines = (line.partition(":") for line in _LINE.split(head.decode("latin-1")))
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    disposition = headers.get("content-disposition", "")
    said = sorted(each.strip() for each in disposition.replace('"', "").split(";"))
    name = _NAME.search(disposition)
    return Part(
        name=name.group(1) if name else "",
        content_type=headers.get("content-type", ""),
        disposition="; ".join(said),
        body=body,
    )


_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)

_READERS: Mapping[str, Callable[[bytes, str, bool], Body]] = {
    "text/event-stream": _events,
    "text/csv": _table,
    "application/csv": _table,
    "text/tab-separated-values": _table,
    "multipart": _parts,
    **dict.fromkeys(
        (
            "application/jsonl",
            "application/x-jsonl",
            "application/jsonlines",
            "application/x-jsonlines",
            "application/json-lines",
            "application/json-seq",
            "application/ndjson",
            "application/x-ndjson",
            "application/stream+json",
        ),
        _lines,
    ),
}
"""By content type; any other is read as JSON first."""
