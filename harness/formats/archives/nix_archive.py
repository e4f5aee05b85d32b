"""Nix archives (NAR): members added and removed, what they are, and their contents.

The format is that of `harness.store.core.nar`: words of a length, bytes and padding.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from harness.formats.archives.members import ORDER, member
from harness.formats.archives.renamed import aligned, digest
from harness.formats.change import BeyondBoundError, Change, Content, Kind, Place, Typed
from harness.formats.cursor import Cursor
from harness.formats.fields import differing, order, unique
from harness.formats.nested import Nesting
from harness.store.core.nar import padding

_MEMBERS = 200_000
_NAMES = 32 << 20
_DEPTH = 100
_WORD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A member: its path without a leading slash, and where its content lies."""

    name: str
    fields: dict[str, object]
    start: int = 0
    end: int = 0


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the members that one side lacks, then per member its type, target and content.

    Raises:
        ValueError: no Nix archive, or damaged.

    """
    ours, theirs = (unique((m.name, m) for m in _members(content)) for content in (first, second))
    nesting = Nesting.of(first)
    both = aligned(ours, theirs, _size, (partial(_digest, first), partial(_digest, second)))
    yield from differing(_alone(ours, both.members), _alone(both.members, ours))
    yield from order(ORDER, list(ours), list(both.members), Kind.LISTING)
    for name in (name for name in ours if name in both.members):
        yield from both.told(name)
        one, other = ours[name], both.members[name]
        yield from differing(one.fields, other.fields, member(name), one.start or None)
        slices = [(c, m.start, m.end) for c, m in ((first, one), (second, other))]
        yield from nesting.slices(member(name), name, slices[0], slices[1])


def _size(member: _Member) -> int:
    return member.end - member.start


def _digest(content: Content, member: _Member) -> bytes:
    return digest(content, member.start, member.end)


def _alone(members: Mapping[str, _Member], others: Mapping[str, _Member]) -> dict[Place, object]:
    return {
        member(name): Typed(Kind.PRESENCE, f"{one.fields['type']}, {_size(one)} bytes")
        for name, one in members.items()
        if name not in others
    }


def _members(content: Content) -> Iterator[_Member]:
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


def _tree(reader: "_Reader", path: str, depth: int) -> Iterator[_Member]:
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
        yield _Member(name=path or ".", fields={"type": "symbolic link", "target": target})
    elif kind == b"directory":
        yield _Member(name=path or ".", fields={"type": "directory"})
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


def _file(reader: "_Reader", name: str) -> _Member:
    word, executable = reader.word(), False
    if word == b"executable":
        reader.expect(b"", b"contents")
        executable = True
    elif word != b"contents":
        raise ValueError(f"no contents: {word!r} before {reader.cursor.position:#x}")
    size = reader.size()
    start = reader.cursor.position
    reader.skip(size)
    fields: dict[str, object] = {"type": "file", "executable": Typed(Kind.MODE, executable)}
    return _Member(name=name, fields=fields, start=start, end=start + size)


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
