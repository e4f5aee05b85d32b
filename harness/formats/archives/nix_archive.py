"""Nix archives (NAR): members added and removed, what they are, and their contents.

The format is that of `harness.store.core.nar`: words of a length, bytes and padding.
"""

from collections.abc import Iterator, Mapping

from harness.formats.archives.members import Member, compare
from harness.formats.change import BeyondBoundError, Change, Content, Kind, Typed
from harness.formats.cursor import Cursor
from harness.store.core.nar import padding

_MEMBERS = 200_000
_NAMES = 32 << 20
_DEPTH = 100
_WORD = 4096


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the order of members, then per member its type, target and content.

    Raises:
        ValueError: no Nix archive, or damaged.

    """
    yield from compare(_members(first), _members(second))


def _members(content: Content) -> Iterator[Member]:
    reader = _Reader(content)
    reader.expect(b"nix-archive-1")
    left = _NAMES
    for count, node in enumerate(_tree(reader, "", 0)):
        left -= len(node.name)
        if left < 0 or count == _MEMBERS:
            raise BeyondBoundError(f"more than {count} members, or their paths are too long")
        yield node
    if reader.cursor.left:
        raise ValueError(f"{reader.cursor.left} bytes after the archive")


def _tree(reader: "_Reader", path: str, depth: int) -> Iterator[Member]:
    """Yield a node of an archive and what lies below it."""
    if depth > _DEPTH:
        raise BeyondBoundError(f"directories nested more than {_DEPTH} deep")
    reader.expect(b"(", b"type")
    kind = reader.word()
    if kind == b"regular":
        yield _file(reader, path or ".")
    elif kind == b"symlink":
        reader.expect(b"target")
        target = reader.word().decode("utf-8", "backslashreplace")
        yield _bare(reader, path, {"type": "symbolic link", "target": target})
    elif kind == b"directory":
        yield _bare(reader, path, {"type": "directory"})
        while (word := reader.word()) == b"entry":
            reader.expect(b"(", b"name")
            name = reader.word().decode("utf-8", "backslashreplace")
            reader.expect(b"node")
            yield from _tree(reader, f"{path}/{name}" if path else name, depth + 1)
            reader.expect(b")")
        if word != b")":
            raise ValueError(f"no directory entry: {word!r} before {reader.cursor.position:#x}")
        return
    else:
        raise ValueError(f"no type of node: {kind!r} before {reader.cursor.position:#x}")
    reader.expect(b")")


def _file(reader: "_Reader", name: str) -> Member:
    word, executable = reader.word(), False
    if word == b"executable":
        reader.expect(b"", b"contents")
        executable = True
    elif word != b"contents":
        raise ValueError(f"no contents: {word!r} before {reader.cursor.position:#x}")
    size = reader.size()
    start = reader.cursor.position
    reader.skip(size)
    return Member(
        name=name,
        fields={"type": "file", "executable": Typed(Kind.MODE, executable)},
        archive=reader.cursor.content,
        start=start,
        end=start + size,
        offset=start,
        kind="file, ",
    )


def _bare(reader: "_Reader", path: str, fields: Mapping[str, object]) -> Member:
    """Return a member without a content."""
    return Member(
        name=path or ".",
        fields=fields,
        archive=reader.cursor.content,
        start=0,
        end=0,
        offset=None,
        kind=f"{fields['type']}, ",
    )


class _Reader:
    """Words of an archive, one after the other."""

    def __init__(self, content: Content) -> None:
        self.cursor = Cursor(content)

    def size(self) -> int:
        """Return the length that stands before a word."""
        (size,) = self.cursor.unpack("<Q")
        return int(size)

    def skip(self, size: int) -> None:
        """Step over a word of that length and its padding."""
        self.cursor.skip(size)
        self.cursor.skip(len(padding(size)))

    def word(self) -> bytes:
        """Return the next word."""
        size = self.size()
        if size > _WORD:
            raise ValueError(f"a word of {size} bytes before {self.cursor.position:#x}")
        start = self.cursor.position
        self.skip(size)
        return self.cursor.content[start : start + size]

    def expect(self, *words: bytes) -> None:
        """Step over words that must stand here."""
        for word in words:
            found = self.word()
            if found != word:
                raise ValueError(f"{found!r} before {self.cursor.position:#x}, not {word!r}")
