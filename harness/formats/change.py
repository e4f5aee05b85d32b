"""What every explainer of a format takes and gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs: what it is called, both values as text, and where.

    `field` is a path in the format's own words, such as "gzip header mtime" or "code object `f`,
    constant 2, frozenset order". A value is empty where the field is missing. `offset` is that of
    the first file in bytes, or None where it has none (inside compressed data, say).
    """

    field: str
    first: str
    second: str
    offset: int | None = None


class Explainer(Protocol):
    """Yields what differs between two contents of one format, the most telling first.

    It is lazy (callers stop after some), bounded in memory and depth whatever the bytes are, and
    raises ValueError, with the reason, for bytes that are not of its format.
    """

    def __call__(self, first: Content, second: Content) -> Iterator[Change]:
        """Compare two contents."""
