"""HDF5 files: the superblock, object headers and their messages, and the groups' links.

The layout is that of "HDF5 File Format Specification Version 3.0". Groups of the old style (a
symbol table) and of the new one (link messages) are read; links that lie in a fractal heap, which
only large groups of the new style have, are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.formats.change import Content
from harness.formats.cursor import Cursor
from harness.formats.fields import shown

MAGIC = b"\x89HDF\r\n\x1a\n"
NOWHERE = (1 << 64) - 1
"""The address of what is not there."""
LINK, CONTINUATION, SYMBOL_TABLE = 0x06, 0x10, 0x11
_WIDE = 8
_TIMES, _PHASES, _ORDERED = 0x20, 0x10, 0x04
_LINK_KIND, _LINK_ORDER, _LINK_CHARSET = 0x08, 0x04, 0x10
_STEPS = 2_000_000
_STEP = 64
"""Bytes that count as much as another part."""
_NAME = 1 << 12
_HEAP_HEAD = 16
_OLD, _NEW = (0, 1), (2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of an object's header: its type, whether it is shared, and where its data lie."""

    type: int
    shared: bool
    start: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object's header. `times` are the four that new headers may have, in seconds."""

    address: int
    version: int
    times: tuple[int, ...]
    messages: tuple[Message, ...]


class File:
    """A file, of which no more than a bounded number of parts is read."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._left = _STEPS
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        cursor = self.cursor(0)
        magic, self.version = cursor.unpack("<8sB")
        if magic != MAGIC or self.version not in (*_OLD, *_NEW):
            raise ValueError(f"no HDF5: {magic!r}, superblock version {self.version}")
        if self.version in _OLD:
            sizes = self.content[13:15]
            cursor.skip(15 + 4 * self.version + 4 * _WIDE + _WIDE)
        else:
            sizes = self.content[9:11]
            cursor.skip(3 + 3 * _WIDE)
        if sizes != bytes([_WIDE, _WIDE]):
            raise ValueError(f"HDF5 with offsets and lengths of {sizes.hex(' ')} bytes is not read")
        self.root: int = cursor.unpack("<Q")[0]

    def cursor(self, address: int) -> Cursor:
        """Return a cursor at an address.

        Raises:
            ValueError: so many parts were read that the file is damaged or too large.

        """
        self.spend(0)
        return Cursor(self.content, address)

    def spend(self, size: int) -> None:
        """Count a part of `size` bytes, which is kept in memory or read more than once.

        Raises:
            ValueError: as `cursor`.

        """
        self._left -= 1 + size // _STEP
        if self._left < 0:
            raise ValueError(f"more than {_STEPS} parts of HDF5 are not read")

    def object(self, address: int) -> Object:
        """Return the object whose header lies at an address.

        Raises:
            ValueError: there is none.

        """
        cursor = self.cursor(address)
        if self.content[address : address + 4] == b"OHDR":
            return self._new(address, cursor)
        version, _, _, _, size = cursor.unpack("<BBHII")
        if version != 1:
            raise ValueError(f"HDF5 object header of version {version} at {address:#x}")
        cursor.skip(4)
        messages = self._messages(_block(cursor, size), None)
        return Object(address=address, version=1, times=(), messages=tuple(messages))

    def _new(self, address: int, cursor: Cursor) -> Object:
        _, version, flags = cursor.unpack("<4sBB")
        times = cursor.unpack("<4I") if flags & _TIMES else ()
        cursor.skip(4 if flags & _PHASES else 0)
        size = int.from_bytes(cursor.take(1 << (flags & 3)), "little")
        messages = self._messages(_block(cursor, size), flags)
        return Object(address=address, version=version, times=times, messages=tuple(messages))

    def _messages(self, block: Cursor, flags: int | None) -> Iterator[Message]:
        """Yield the messages of a header and of the blocks that go on with it."""
        blocks = [block]
        while blocks:
            cursor = blocks.pop()
            while cursor.left >= _head(flags):
                message = self._message(cursor, flags)
                yield message
                if message.type == CONTINUATION:
                    address, size = Cursor(message.data).unpack("<QQ")
                    further = self.cursor(address)
                    # A block of a new header has a signature before it and a checksum after it.
                    further.skip(0 if flags is None else 4)
                    blocks.append(_block(further, size if flags is None else size - 8))

    def _message(self, cursor: Cursor, flags: int | None) -> Message:
        if flags is None:
            type_, size, marks = cursor.unpack("<HHBxxx")
        else:
            type_, size, marks = cursor.unpack("<BHB")
            cursor.skip(2 if flags & _ORDERED else 0)
        self.spend(size)
        start = cursor.position
        data = cursor.take(size)
        return Message(type=type_, shared=bool(marks & 2), start=start, data=data)

    def links(self, object_: Object) -> Iterator[tuple[str, int]]:
        """Yield name and address of what a group holds, in the order in which it is stored.

        Links to paths and to other files are left out.
        """
        for message in object_.messages:
            if message.type == SYMBOL_TABLE:
                tree, heap = Cursor(message.data).unpack("<QQ")
                names = self.cursor(heap)
                magic, _, _, _, start = names.unpack("<4sIQQQ")
                if magic != b"HEAP":
                    raise ValueError(f"no HDF5 heap at {heap:#x}")
                yield from self._symbols(tree, start)
            elif message.type == LINK:
                yield from _link(Cursor(message.data))

    def _symbols(self, tree: int, names: int) -> Iterator[tuple[str, int]]:
        for _, address in self.leaves(tree, 0, _WIDE):
            cursor = self.cursor(address)
            magic, _, count = cursor.unpack("<4sHH")
            if magic != b"SNOD":
                raise ValueError(f"no HDF5 symbols at {address:#x}")
            for _ in range(count):
                name, header = cursor.unpack("<QQ24x")
                text = self.cursor(names + name)
                text.end = min(text.end, text.position + _NAME)
                yield shown(text.until(b"\0").decode("utf-8", "replace")), header

    def leaves(self, root: int, kind: int, size: int) -> Iterator[tuple[bytes, int]]:
        """Yield key and address of what a tree (B-tree, version 1) holds.

        `kind` is 0 for a group's tree and 1 for a chunked dataset's, `size` that of a key in bytes.

        Raises:
            ValueError: there is no such tree.

        """
        waiting = [] if root == NOWHERE else [root]
        while waiting:
            address = waiting.pop()
            cursor = self.cursor(address)
            magic, found, level, count = cursor.unpack("<4sBBH16x")
            if magic != b"TREE" or found != kind:
                raise ValueError(f"no HDF5 tree of kind {kind} at {address:#x}")
            children = []
            for _ in range(count):
                self.cursor(cursor.position)
                children.append((cursor.take(size), cursor.unpack("<Q")[0]))
            if level:
                waiting += [child for _, child in reversed(children)]
            else:
                yield from children

    def heap(self, address: int) -> dict[int, tuple[int, int]]:
        """Return start and size of what a global heap holds, by number.

        Raises:
            ValueError: there is no heap at the address.

        """
        if address not in self._heaps:
            cursor = self.cursor(address)
            magic, _, size = cursor.unpack("<4sB3xQ")
            if magic != b"GCOL":
                raise ValueError(f"no HDF5 global heap at {address:#x}")
            cursor.end = min(cursor.end, address + size)
            self._heaps[address] = dict(self._collected(cursor))
        return self._heaps[address]

    def _collected(self, cursor: Cursor) -> Iterator[tuple[int, tuple[int, int]]]:
        while cursor.left >= _HEAP_HEAD:
            index, size = self.cursor(cursor.position).unpack("<H6xQ")
            if not index:
                break
            cursor.skip(_HEAP_HEAD)
            yield index, (cursor.position, size)
            cursor.skip(size + -size % 8)


def _block(cursor: Cursor, size: int) -> Cursor:
    start = cursor.position
    cursor.skip(size)
    return Cursor(cursor.content, start, start + size)


def _head(flags: int | None) -> int:
    """Return how many bytes stand before a message's data."""
    if flags is None:
        return 8
    return 6 if flags & _ORDERED else 4


def _link(cursor: Cursor) -> Iterator[tuple[str, int]]:
    _, flags = cursor.unpack("<BB")
    (kind,) = cursor.unpack("<B") if flags & _LINK_KIND else (0,)
    cursor.skip((_WIDE if flags & _LINK_ORDER else 0) + bool(flags & _LINK_CHARSET))
    size = int.from_bytes(cursor.take(1 << (flags & 3)), "little")
    name = shown(cursor.take(size).decode("utf-8", "replace"))
    if kind == 0:
        yield name, cursor.unpack("<Q")[0]
