"""What every explainer of a format takes and gives: contents, and changes as facts.

A change says what kind of value differs, at which place, and both values. Sentences are made of it
in `wording` alone, so that what a label is called decides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, Protocol

_LATEST = 1 << 37


class BeyondBoundError(ValueError):
    """A content that may be of a format, and is larger or deeper than is read of it."""


class Content(Protocol):
    """A file's bytes, by slices: `bytes` and `mmap.mmap` are such."""

    def __len__(self) -> int:
        """Return the size in bytes."""

    def __getitem__(self, part: slice, /) -> bytes:
        """Return a part."""

    def find(self, wanted: bytes, start: int, end: int, /) -> int:
        """Return the first offset of `wanted` between `start` and `end`, or -1."""


class Kind(StrEnum):
    """What kind of value differs. Causes and remedies are chosen by it."""

    TIME = "time"
    """A moment that a program noted."""
    FILE_TIME = "file time"
    """A time of a file: of its content, its making, its reading."""
    MODE = "mode"
    OWNER = "owner"
    INODE = "inode"
    ORDER = "order"
    """The same things in another order; values show where the orders part."""
    LISTING = "listing"
    """The order of an archive's members, as a directory was listed."""
    ENTRIES = "entries"
    """The names that only one of two directories has."""
    SET = "set"
    """The items of a set, or their order."""
    NUMBER = "number"
    ROUNDING = "rounding"
    """A float that became another; how far away is in the place."""
    DIGEST = "digest"
    IDENTIFIER = "identifier"
    PATH = "path"
    TEXT = "text"
    BYTES = "bytes"
    SIZE = "size"
    PRESENCE = "presence"
    """There on one side only."""
    SUMMARY = "summary"
    """How many differ."""
    PACKING = "packing"
    """Equal contents, compressed or written in another way."""
    UNREAD = "unread"
    """What was not looked at, and why."""


class At(StrEnum):
    """What a step of a place is; `wording` has a row for each."""

    INSIDE = "inside"
    """The value is the format of what lies inside all that stands before."""
    PART = "part"
    FIELD = "field"
    ASPECT = "aspect"
    PIECE = "piece"
    HEADER = "header"
    NAME = "name"
    SUBJECT = "subject"
    OBJECT = "object"
    NUMBER = "number"
    MEMBER = "member"
    ENTRY = "entry"
    RECORD = "record"
    LINE = "line"
    TO = "to"
    WORD = "word"
    ROOT = "root"
    OCI = "oci"
    KEY = "key"
    INDEX = "index"
    LIKE = "like"
    CELL = "cell"
    OUTPUT = "output"
    CODE = "code"
    SORT = "sort"
    MEMO = "memo"
    OWNED = "owned"
    ATTRIBUTE = "attribute"
    TAG = "tag"
    SECTION = "section"
    SYMBOL = "symbol"
    UNIT = "unit"
    PIXEL = "pixel"
    ROW = "row"
    COLUMN = "column"
    CHUNK = "chunk"
    VALUE = "value"
    SUMMARY = "summary"
    ELEMENT = "element"
    ULP = "ulp"
    OFFSET = "offset"
    BYTE = "byte"
    START = "start"
    UNTIL = "until"
    FROM = "from"
    GONE = "gone"
    COME = "come"


LABELS = frozenset([At.PART, At.FIELD, At.ASPECT, At.PIECE, At.SUMMARY])
"""Steps whose values are words of this program for parts of a format."""
_NOT_OWN = LABELS | {At.INSIDE, At.HEADER, At.ROOT, At.LIKE}


class Step(NamedTuple):
    """One step of a place: what it is, and which one."""

    at: At
    value: str | int = ""


Place = tuple[Step, ...]
"""From the outermost to the innermost, such as a member, its header, a field."""

Value = str | int | float
"""A number of its kind (seconds since 1970 for a time), or a text, which is empty for nothing."""


def own_words(place: Place) -> str:
    """Return what stands in a place of the file's own: names of members, keys, columns, numbers."""
    return " ".join(str(step.value) for step in place if step.at not in _NOT_OWN)


def field(name: str, at: At = At.FIELD) -> Place:
    """Return a place of one step."""
    return (Step(at, name),)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field that differs: what kind of value it is, where it is, and both values.

    A value is empty text where the field is missing. `offset` is that of the first file in bytes,
    or None where it has none (inside compressed data, say).
    """

    kind: Kind
    place: Place
    first: Value
    second: Value
    offset: int | None = None

    @cached_property
    def texts(self) -> tuple[str, str]:
        """Both values as text: dates stand beside seconds, modes are octal."""
        return text(self.kind, self.first), text(self.kind, self.second)

    @cached_property
    def own_words(self) -> str:
        """What stands in its place of the file's own: names of members, keys, columns, numbers."""
        return own_words(self.place)


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of a kind that its Python type does not tell."""

    kind: Kind
    value: object


def file_time(seconds: int) -> Typed:
    """Return the time of a file, in seconds since 1970."""
    return Typed(Kind.FILE_TIME, seconds)


def mode(permissions: int) -> Typed:
    """Return permissions, perhaps with the type of a file."""
    return Typed(Kind.MODE, permissions)


def text(kind: Kind, value: Value) -> str:
    """Return a value as text, the same whatever fields are called."""
    if kind in {Kind.TIME, Kind.FILE_TIME} and isinstance(value, int):
        return moment(value)
    if kind is Kind.MODE and isinstance(value, int):
        return f"{value:04o}"
    return value if isinstance(value, str) else repr(value)


def moment(seconds: int) -> str:
    """Return seconds since 1970 with the date beside them, where it is one."""
    if not 0 <= seconds < _LATEST:
        return str(seconds)
    return f"{seconds} ({datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC)"


class Explainer(Protocol):
    """Yields what differs between two contents of one format, the most telling first.

    It is lazy (callers stop after some), bounded in memory and depth whatever the bytes are, and
    raises ValueError, with the reason, for bytes that are not of its format.
    """

    def __call__(self, first: Content, second: Content) -> Iterator[Change]:
        """Compare two contents."""
