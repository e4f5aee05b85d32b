"""CPython's marshal format, read into a tree without making a single object of what it describes.

The layout is that of versions 4 and 5 (Python/marshal.c in CPython 3.8 to 3.14). Each object begins
with a byte: its type, and in the highest bit (FLAG_REF) whether later objects may refer to it by
its number. Whether that bit is set depends on reference counts while the file was written, so equal
code can be written in different ways: the tree keeps both.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.formats.change import BeyondBoundError
from harness.formats.cursor import Cursor

_FLAG_REF = 0x80
_DEPTH = 100
_OBJECTS = 300_000
_LONG_SHOWN = 40
_CLOSE = "0"
_SINGLETONS = {
    "0": "NULL",
    "N": "None",
    "F": "False",
    "T": "True",
    "S": "StopIteration",
    ".": "...",
}
_STRINGS = "sutaAzZ"
_INTERNED = "tAZ"
_SIZES = {"z": "<B", "Z": "<B", ")": "<B"}
_KINDS = {"(": "tuple", ")": "tuple", "[": "list", "<": "set", ">": "frozenset", "{": "dict"}
_CODE_OLD = (
    *("argument count", "positional-only count", "keyword-only count", "local count"),
    *("stack size", "flags", "*instructions", "*constants", "*names", "*variable names"),
    *("*free variables", "*cell variables", "*filename", "*name", "first line", "*line table"),
)
_CODE = (
    *("argument count", "positional-only count", "keyword-only count", "stack size", "flags"),
    *("*instructions", "*constants", "*names", "*local names", "*local kinds", "*filename"),
    *("*name", "*qualified name", "first line", "*line table", "*exception table"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An object as it is written.

    `kind` is a word ("str", "tuple", "code", "reference", ...), `text` the value of one that has no
    parts, `parts` what it is made of by name, `start` and `end` its offsets in bytes, `number` the
    one that references use or -1 where FLAG_REF is not set, `key` a digest of the value that
    ignores how it is written. A reference has the `key` and, as its one part, the object it means;
    none when that object is not complete.
    """

    kind: str
    text: str | bytes = ""
    parts: tuple[tuple[str, "Node"], ...] = ()
    start: int
    end: int
    number: int = -1
    interned: bool = False
    key: bytes

    @property
    def meant(self) -> "Node":
        """The object itself, or the one that a reference means."""
        return self.parts[0][1] if self.kind == "reference" and self.parts else self


class Reader:
    """Reads one tree from a cursor.

    `old_code` says that code objects have the layout before Python 3.11.
    """

    def __init__(self, cursor: Cursor, *, old_code: bool) -> None:
        self._cursor = cursor
        self._code = _CODE_OLD if old_code else _CODE
        self._numbered: list[Node | None] = []
        self._count = 0

    def read(self, depth: int = 0) -> Node:
        """Return the next object.

        Raises:
            ValueError: it is not marshal data, nests deeper than code, or has too many objects.

        """
        self._count += 1
        if depth > _DEPTH or self._count > _OBJECTS:
            raise BeyondBoundError(
                f"marshal data of {self._count} objects, {depth} deep, is not read"
            )
        start = self._cursor.position
        (byte,) = self._cursor.unpack("<B")
        code = chr(byte & ~_FLAG_REF)
        if code == "r":
            return self._reference(start)
        number = -1
        if byte & _FLAG_REF and code not in _SINGLETONS:
            number = len(self._numbered)
            self._numbered.append(None)
        kind, text, parts = self._value(code, depth)
        node = Node(
            kind=kind,
            text=text,
            parts=parts,
            start=start,
            end=self._cursor.position,
            number=number,
            interned=code in _INTERNED,
            key=_key(kind, text, parts),
        )
        if number >= 0:
            self._numbered[number] = node
        return node

    def _reference(self, start: int) -> Node:
        (number,) = self._cursor.unpack("<I")
        if number >= len(self._numbered):
            raise ValueError(f"reference to object {number} of {len(self._numbered)}")
        meant = self._numbered[number]
        return Node(
            kind="reference",
            text=str(number),
            parts=(("", meant),) if meant else (),
            start=start,
            end=self._cursor.position,
            key=meant.key if meant else b"itself",
        )

    def _value(
        self, code: str, depth: int
    ) -> tuple[str, str | bytes, tuple[tuple[str, Node], ...]]:
        if code in _SINGLETONS:
            return "constant", _SINGLETONS[code], ()
        if code in _STRINGS:
            data = self._cursor.take(self._cursor.unpack(_SIZES.get(code, "<I"))[0])
            text = data if code == "s" else data.decode("utf-8", "surrogatepass")
            return "bytes" if code == "s" else "str", text, ()
        if code in _KINDS:
            return _KINDS[code], "", tuple(self._items(code, depth))
        if code == "c":
            return "code", "", tuple(self._fields(depth))
        if code == ":":
            names = ("start", "stop", "step")
            return "slice", "", tuple((name, self.read(depth + 1)) for name in names)
        if code in _NUMBERS:
            kind, number = _NUMBERS[code](self._cursor)
            return kind, number, ()
        raise ValueError(f"no marshal type: {code!r} before {self._cursor.position:#x}")

    def _items(self, code: str, depth: int) -> Iterator[tuple[str, Node]]:
        if code == "{":
            while (key := self.read(depth + 1)).kind != "constant" or key.text != "NULL":
                yield "key", key
                yield "value", self.read(depth + 1)
            return
        (size,) = self._cursor.unpack(_SIZES.get(code, "<I"))
        if size > self._cursor.left:
            raise ValueError(f"{size} items in {self._cursor.left} bytes")
        for index in range(size):
            yield f"item {index}", self.read(depth + 1)

    def _fields(self, depth: int) -> Iterator[tuple[str, Node]]:
        for name in self._code:
            if name.startswith("*"):
                yield name[1:], self.read(depth + 1)
            else:
                start = self._cursor.position
                text = str(self._cursor.unpack("<i")[0])
                end = self._cursor.position
                yield name, Node(kind="int", text=text, start=start, end=end, key=text.encode())


def _key(kind: str, text: str | bytes, parts: tuple[tuple[str, Node], ...]) -> bytes:
    digest = hashlib.blake2b(kind.encode(), digest_size=16)
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    digest.update(b"%d:" % len(data) + data)
    for _, part in parts:
        digest.update(b"%d:" % len(part.key) + part.key)
    return digest.digest()


def _long(cursor: Cursor) -> tuple[str, str]:
    (size,) = cursor.unpack("<i")
    digits = struct.unpack(f"<{abs(size)}H", cursor.take(2 * abs(size)))
    if abs(size) > _LONG_SHOWN:
        return "int", f"{size} digits of 15 bits: " + " ".join(map(str, digits))
    value = sum(digit << 15 * index for index, digit in enumerate(digits))
    return "int", str(-value if size < 0 else value)


def _fixed(kind: str, layout: str) -> Callable[[Cursor], tuple[str, str]]:
    def read(cursor: Cursor) -> tuple[str, str]:
        return kind, " + ".join(map(repr, cursor.unpack(layout)))

    return read


_NUMBERS: dict[str, Callable[[Cursor], tuple[str, str]]] = {
    "i": _fixed("int", "<i"),
    "l": _long,
    "g": _fixed("float", "<d"),
    "y": _fixed("complex", "<dd"),
}
