"""Reading a content from front to back, with every size checked before it is used."""

import struct
from typing import Any

from harness.formats.change import Content


class Cursor:
    """A position in a content, up to an end.

    `position` is an offset in bytes from the content's beginning.
    """

    def __init__(self, content: Content, position: int = 0, end: int | None = None) -> None:
        self.content = content
        self.position = position
        self.end = len(content) if end is None else min(end, len(content))

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self.end - self.position

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes and step over them.

        Raises:
            ValueError: fewer are left, or `size` is negative.

        """
        start = self.position
        self.skip(size)
        return self.content[start : start + size]

    def skip(self, size: int) -> None:
        """Step over the next `size` bytes.

        Raises:
            ValueError: as `take`.

        """
        if not 0 <= size <= self.left or self.position < 0:
            raise ValueError(f"{size} bytes wanted at {self.position:#x}, where {self.left} are")
        self.position += size

    def unpack(self, layout: str) -> tuple[Any, ...]:
        """Return the values of a `struct` layout; it begins with the byte order.

        Raises:
            ValueError: as `take`.

        """
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def until(self, mark: bytes) -> bytes:
        """Return the bytes before the next `mark` and step over both.

        Raises:
            ValueError: there is none.

        """
        found = self.content.find(mark, self.position, self.end)
        if found < 0:
            raise ValueError(f"no {mark!r} after {self.position:#x}")
        return self.take(found - self.position + len(mark))[: -len(mark)]
