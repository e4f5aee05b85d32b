"""PDF: dates, identifiers and other entries of each object by its number, and their streams.

The format is ISO 32000-1. Objects are found by reading the file from its beginning, not by its
table of offsets, so that damaged and updated files are read as well; of several objects of one
number each is named. Objects within object streams are read. Nothing is decrypted.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from harness.formats.archives.compressed import unpacked
from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed
from harness.formats.documents.structured import walk
from harness.formats.fields import changed, differing, unique
from harness.formats.nested import Nesting

_LARGEST = 64 << 20
_VALUES = 500_000
_DEPTH = 50
_STRING = 1 << 20
_PART = re.compile(
    rb"(?<!\d)(?P<number>\d{1,9})[\0\t\n\f\r ]{1,9}(?P<generation>\d{1,5})[\0\t\n\f\r ]{1,9}obj"
    rb"|(?P<trailer>trailer)"
    rb"|(?<!start)(?P<table>xref)"
)
_SPACE = re.compile(rb"(?:[\0\t\n\f\r ]++|%[^\r\n]*+)*+")
_PLAIN = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
_WORD = re.compile(
    rb"\d{1,9}[\0\t\n\f\r ]{1,9}\d{1,5}[\0\t\n\f\r ]{1,9}R(?!" + _PLAIN + rb")"
    rb"|<<|>>|[\[\]()]|<[0-9A-Fa-f\0\t\n\f\r ]*+>|/" + _PLAIN + rb"*+|" + _PLAIN + rb"++"
)
_IN_STRING = re.compile(rb"[^()\\]++|\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_MEANING = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r\n": b"",
}
_STREAM = re.compile(rb"[\0\t\n\f\r ]*+stream\r?\n")
_END = re.compile(rb"[\r\n ]{0,4}endstream")
_LENGTH = re.compile(r"\d{1,10}\Z")
_CLOSING = {b"<<": b">>", b"[": b"]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """An object: its value, where it begins, and the stream after it."""

    value: Any
    offset: int | None = None
    stream: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file: its version, its objects by name, and the text of its tables of offsets."""

    version: str
    objects: dict[str, _Object]
    tables: dict[str, object]


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield what differs in the Info dictionary, the trailer, then object by object.

    Raises:
        ValueError: no PDF, damaged, or past the bounds.

    """
    ours, theirs = _file(first), _file(second)
    nesting = Nesting.of(first)
    yield from differing({"PDF version": ours.version}, {"PDF version": theirs.version})
    for name in sorted({**ours.objects, **theirs.objects}, key=_rank):
        one, other = ours.objects.get(name), theirs.objects.get(name)
        if one is None or other is None:
            states = [Typed(Kind.PRESENCE, repr(it.value)) if it else "" for it in (one, other)]
            yield changed(_place(name), *states)
        else:
            yield from _compare(_place(name), one, other, nesting)
    yield from differing(ours.tables, theirs.tables)


def _rank(name: str) -> tuple[bool, bool]:
    """Return a key that sorts Info dictionaries first, then trailers."""
    return not name.startswith("Info"), not name.startswith("trailer")


def _place(name: str) -> Place:
    return Step(At.PART, "PDF"), Step(At.NAME, name)


def _compare(place: Place, first: _Object, second: _Object, nesting: Nesting) -> Iterator[Change]:
    for change in walk(first.value, second.value, place):
        yield replace(change, offset=first.offset)
    if first.stream == second.stream or _is(first, "XRef") or _is(first, "ObjStm"):
        return
    limit = nesting.limit
    ours, theirs = (_plain(it, limit) for it in (first, second))
    path = "metadata.xml" if _is(first, "Metadata") else ""
    yield from nesting.inside((*place, Step(At.FIELD, "stream")), path, ours, theirs)
    if ours == theirs:
        whole = len(ours) < limit
        field = "compressed stream" if whole else f"stream beyond {limit} bytes"
        states = [f"{len(it.stream)} bytes" for it in (first, second)]
        yield Change(
            kind=Kind.PACKING if whole else Kind.UNREAD,
            place=(*place, Step(At.FIELD, field)),
            first=states[0],
            second=states[1],
        )


def _is(item: _Object, kind: str) -> bool:
    return isinstance(item.value, dict) and item.value.get("Type") == f"/{kind}"


def _plain(item: _Object, limit: int) -> bytes:
    """Return a stream as its filter gives it, where that is deflate alone."""
    filters = item.value.get("Filter") if isinstance(item.value, dict) else None
    if filters in ("/FlateDecode", ["/FlateDecode"]):
        return unpacked(item.stream, zlib.decompressobj, limit)[0]
    return item.stream[:limit]


def _file(content: Content) -> _File:
    if len(content) > _LARGEST:
        raise ValueError(f"{len(content)} bytes: a PDF of more than {_LARGEST} is not read")
    reader = _Reader(content[:])
    if not reader.data.startswith(b"%PDF-"):
        raise ValueError("no PDF")
    objects: list[tuple[str, _Object]] = []
    tables: list[tuple[str, object]] = []
    while match := _PART.search(reader.data, reader.position):
        reader.position = match.end()
        if match["table"]:
            tables.append(("PDF xref table", reader.table()))
        else:
            objects += reader.objects(match["number"])
    return _File(
        version=reader.data[5:8].decode("latin-1"),
        objects=unique(_named(objects)),
        tables=unique(tables),
    )


def _named(objects: list[tuple[str, _Object]]) -> Iterator[tuple[str, _Object]]:
    """Yield objects under their names; those that a trailer calls Info, under that one."""
    trailers = [item.value for name, item in objects if name == "trailer"]
    references = [it.get("Info") for it in trailers if isinstance(it, dict)]
    infos = {f"object {str(reference).partition(' ')[0]}" for reference in references}
    for name, item in objects:
        yield ("Info" if name in infos else name), item


class _Reader:
    """A position in a file's bytes, which objects are read from, and how much may still be."""

    def __init__(self, data: bytes, values: int = _VALUES) -> None:
        self.data, self.position = data, 0
        self._values, self._unpacked = values, _LARGEST

    def table(self) -> bytes:
        """Return a table of offsets, up to its trailer."""
        start, end = self.position, self.data.find(b"trailer", self.position)
        self.position = end if end >= 0 else len(self.data)
        return self.data[start : self.position]

    def objects(self, number: bytes | None) -> Iterator[tuple[str, _Object]]:
        """Yield the object of a number, or a trailer, with its name; then those that it holds."""
        item = self._item()
        trailer = number is None or _is(item, "XRef")
        yield "trailer" if trailer else f"object {int(number or b'')}", item
        if _is(item, "ObjStm"):
            yield from self._held(item)

    def _held(self, stream: _Object) -> Iterator[tuple[str, _Object]]:
        """Yield the objects of an object stream."""
        inner = _Reader(_plain(stream, self._unpacked + 1), self._values)
        self._unpacked -= len(inner.data)
        if self._unpacked < 0:
            raise ValueError(f"object streams of more than {_LARGEST} bytes")
        start = int(str(stream.value.get("First")))
        numbers = [int(word) for word in inner.data[:start].split()]
        for number, offset in zip(numbers[::2], numbers[1::2], strict=True):
            if start + offset < inner.position:
                raise ValueError(f"object {number} lies over another one")
            inner.position = start + offset
            yield f"object {number}", _Object(value=inner.value())
        self._values = inner._values

    def _item(self) -> _Object:
        """Return the value at the position with the stream that may follow it."""
        offset = self.position
        value = self.value()
        match = _STREAM.match(self.data, self.position)
        if match is None:
            return _Object(value=value, offset=offset)
        start = match.end()
        length = str(value.get("Length")) if isinstance(value, dict) else ""
        end = start + int(length) if _LENGTH.match(length) else start
        if not _END.match(self.data, end):
            end = self.data.find(b"endstream", start)
        if end < start:
            raise ValueError(f"a stream without an end at {start:#x}")
        self.position = end
        return _Object(value=value, offset=offset, stream=self.data[start:end])

    def value(self) -> Any:
        """Return the next value: a dictionary, a list, or else the text of it."""
        opened: list[tuple[bytes, list[Any]]] = []
        while True:
            word = self._word()
            if word in _CLOSING:
                opened.append((word, []))
                if len(opened) > _DEPTH:
                    raise ValueError(f"values nested more than {_DEPTH} deep")
                continue
            if opened and word == _CLOSING[opened[-1][0]]:
                found = _closed(*opened.pop())
            else:
                found = self._string() if word == b"(" else word.decode("latin-1")
            if not opened:
                return found
            opened[-1][1].append(found)

    def _word(self) -> bytes:
        space = _SPACE.match(self.data, self.position)
        match = _WORD.match(self.data, space.end() if space else self.position)
        self._values -= 1
        if match is None or self._values < 0:
            raise ValueError(f"no value at {self.position:#x}, or more than {_VALUES}")
        self.position = match.end()
        return match[0]

    def _string(self) -> str:
        """Return a string up to the parenthesis that closes it."""
        start, depth = self.position, 1
        while depth:
            match = _IN_STRING.match(self.data, self.position)
            if match is None or match.end() - start > _STRING:
                raise ValueError(f"a string without an end, or too long, at {start:#x}")
            self.position = match.end()
            depth += {b"(": 1, b")": -1}.get(match[0], 0)
        data = _ESCAPE.sub(_unescaped, self.data[start : self.position - 1])
        return data.decode("utf-16" if data.startswith(b"\xfe\xff") else "latin-1", "replace")


def _closed(word: bytes, items: list[Any]) -> Any:
    """Return a list, or the dictionary of its items."""
    if word == b"[":
        return items
    keys = items[::2]
    if len(items) % 2 or not all(isinstance(key, str) for key in keys):
        raise ValueError("a dictionary whose keys are not names")
    return unique(zip((key.removeprefix("/") for key in keys), items[1::2], strict=True))


def _unescaped(escape: re.Match[bytes]) -> bytes:
    if escape[1].isdigit() and escape[1] < b"8":
        return bytes([int(escape[1], 8) & 255])
    return _MEANING.get(escape[1], escape[1])
