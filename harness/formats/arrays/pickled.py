"""pickles and joblib files, opcode by opcode. Nothing is loaded, imported or called.

`pickletools.genops` splits the stream into opcodes. A small machine follows the stack to learn
what is assigned to which attribute of which class, and, in files that joblib writes, how many
bytes of raw array follow (joblib's NumpyArrayWrapper): it handles only text, numbers, tuples and
dictionaries with text keys, and everything else as unknown.
"""

import hashlib
import pickletools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, cast

from harness.formats.change import At, Change, Content, Kind, Place, Step
from harness.formats.cursor import Cursor
from harness.formats.fields import changed, shown, shown_pair
from harness.formats.nested import Nesting
from harness.formats.sequences import runs

LIMIT = 256 << 20
"""Bytes above which a pickle is not read."""
_OPCODES = 200_000
_SHORT = 200
_ARRAY = 16
_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_ITEM = re.compile(r"([a-zA-Z])(\d{1,6})")
_BYTES = {"SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"}
_PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
_GETS = {"GET", "BINGET", "LONG_BINGET"}
_TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_IN_PLACE = {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD", "DUP"}
_UCS4 = 4
_DIMENSIONS = 64
_LONGEST = 1 << 48
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_TUPLE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opcode:
    """An opcode as it is written: name, argument as text, and where it is.

    `start` and `end` are those of the raw bytes in the argument, if it has any.
    """

    name: str
    argument: str
    position: int
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        """Name and argument."""
        return f"{self.name} {self.argument}".rstrip()


@dataclass(slots=True, kw_only=True)
class _Value:
    """What stands on the stack: where it came from, and what is known of it."""

    index: int
    known: Any = None
    made_by: str = ""
    items: dict[str, "_Value"] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Program:
    """The opcodes of a pickle, and what the machine learned: names of values by opcode."""

    opcodes: list[Opcode] = field(default_factory=list)
    names: dict[int, tuple[int, str]] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    memos: dict[int, int] = field(default_factory=dict)
    aliases: dict[int, int] = field(default_factory=dict)

    def place(self, index: int) -> Place:
        """Return where an opcode is: number, name, memo, and the attribute it gives."""
        if index >= len(self.opcodes):
            return (Step(At.FIELD, "pickle end"),)
        memo = (Step(At.MEMO, self.memos[index]),) if index in self.memos else ()
        container, key = self.names.get(self.aliases.get(index, index), (-1, ""))
        owner = self.owners.get(container, "")
        name = shown(f"{owner}{'.' * bool(owner)}{key}")
        owned = (Step(At.OWNED, name),) if key else ()
        opcode = Step(At.NUMBER, index), Step(At.SORT, self.opcodes[index].name)
        return (Step(At.PART, "pickle opcode"), *opcode, *memo, *owned)


class _Stream:
    """The reading half of a file, over a content: what `pickletools.genops` asks of one."""

    def __init__(self, content: Content) -> None:
        self._cursor = Cursor(content)

    def tell(self) -> int:
        return self._cursor.position

    def read(self, size: int) -> bytes:
        return self._cursor.take(max(0, min(size, self._cursor.left)))

    def skip(self, size: int) -> None:
        self._cursor.skip(size)

    def readline(self) -> bytes:
        return self._cursor.until(b"\n") + b"\n"


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield sets in another order, then each run of opcodes that differs.

    Raises:
        ValueError: no pickle, damaged, or of too many opcodes.

    """
    (ours, end), (theirs, other_end) = _program(first), _program(second)
    one, other = (_sets(program) for program in (ours, theirs))
    texts = [[opcode.text for opcode in program.opcodes] for program in (ours, theirs)]
    for (i, j), (k, m) in zip(one, other, strict=False):
        mine, yours = texts[0][i:j], texts[1][k:m]
        if mine != yours and sorted(mine) == sorted(yours):
            a, b = shown_pair(_items(mine), _items(yours))
            place = (*ours.place(i), Step(At.PIECE, "set order"))
            offset = ours.opcodes[i].position
            yield Change(kind=Kind.SET, place=place, first=a, second=b, offset=offset)
            texts[0][i:j] = texts[1][k:m] = sorted(mine)
    nesting = Nesting.of(first)
    for i, j, k, m in runs(texts[0], texts[1]):
        for one_at, other_at in zip(range(i, j), range(k, m), strict=False):
            yield from _differ(nesting, (first, ours, one_at), (second, theirs, other_at))
        extra = min(j - i, m - k)
        if j - i != m - k:
            mine, yours = texts[0][i + extra : j], texts[1][k + extra : m]
            a_text, b_text = shown(", ".join(mine[:50])), shown(", ".join(yours[:50]))
            yield changed(ours.place(i + extra), a_text, b_text)
    rest, other_rest = (c[e : e + nesting.limit] for c, e in ((first, end), (second, other_end)))
    yield from nesting.inside((Step(At.FIELD, "bytes after the pickle"),), "", rest, other_rest)


def _differ(
    nesting: Nesting, first: tuple[Content, _Program, int], second: tuple[Content, _Program, int]
) -> Iterator[Change]:
    one, other = (program.opcodes[index] for _, program, index in (first, second))
    place = first[1].place(first[2])
    if one.end and other.end:
        datas = [c[o.start : o.end] for c, o in ((first[0], one), (second[0], other))]
        yield from nesting.inside(place, "", datas[0], datas[1])
    elif one.text != other.text:
        ours, theirs = shown_pair(one.text, other.text)
        if one.name == other.name:
            ours, theirs = shown_pair(one.argument, other.argument)
        yield changed(place, ours, theirs, offset=one.position)


def _items(texts: list[str]) -> str:
    """Return the items that opcodes give, without how they are stored."""
    return ", ".join(text.partition(" ")[2] for text in texts if " " in text)


def _sets(program: _Program) -> list[tuple[int, int]]:
    """Return the spans of opcodes that fill a set each."""
    spans: list[tuple[int, int]] = []
    begin = -1
    for index, opcode in enumerate(program.opcodes):
        if opcode.name in {"EMPTY_SET", "MARK"} or opcode.text in _SET_GLOBALS:
            begin = index
        elif begin >= 0 and opcode.name in {"ADDITEMS", "FROZENSET", "APPENDS"}:
            spans.append((begin, index))
            begin = -1
    return spans


_SET_GLOBALS = {"GLOBAL builtins.set", "GLOBAL builtins.frozenset", "GLOBAL __builtin__.set"}


def _program(content: Content) -> tuple[_Program, int]:
    if len(content) > LIMIT:
        raise ValueError(f"{len(content)} bytes: a pickle of more than {LIMIT} is not read")
    machine = _Machine(content)
    end = machine.run()
    return machine.program, end


class _Machine:
    """Follows the stack of a pickle, knowing what little is needed, and doing nothing."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._stream = _Stream(content)
        self._stack: list[_Value | None] = []
        self._memo: dict[int, _Value] = {}
        self.program = _Program()

    def run(self) -> int:
        """Read to the end of the pickle, and return the offset in bytes where it ends."""
        self._follow(joblib=True)
        return self._stream.tell()

    def _follow(self, *, joblib: bool) -> None:
        for opcode, argument, position in pickletools.genops(cast("IO[bytes]", self._stream)):
            if opcode.name == "FRAME":
                continue
            if len(self.program.opcodes) >= _OPCODES:
                raise ValueError(f"a pickle of more than {_OPCODES} opcodes is not read")
            self._keep(opcode.name, argument, position or 0)
            value = self._step(opcode, argument)
            if joblib and opcode.name == "BUILD" and value and value.made_by == _WRAPPER:
                self._array(value)

    def _keep(self, name: str, argument: Any, position: int) -> None:
        text, start, end = "", 0, 0
        if _is_long(name, argument):
            data = argument if isinstance(argument, bytes | bytearray) else _encoded(argument)
            text = f"{len(data)} bytes, {_digest(data)}"
            if name in _TEXTS | _BYTES:
                end = self._stream.tell()
                start = end - len(data)
        elif argument is not None:
            text = shown(argument if name != "GLOBAL" else argument.replace(" ", "."))
        self._add(Opcode(name=name, argument=text, position=position, start=start, end=end))

    def _add(self, opcode: Opcode) -> None:
        self.program.opcodes.append(opcode)

    def _array(self, wrapper: _Value) -> None:
        """Step over what joblib writes after the wrapper: padding and raw array, or a pickle."""
        kind, size = _layout(wrapper)
        if kind == "O":
            self._follow(joblib=False)
            self._pop(1)
            return
        if isinstance(_known(wrapper, "numpy_array_alignment_bytes"), int):
            self._stream.skip(self._stream.read(1)[0])
        start = self._stream.tell()
        self._stream.skip(size)
        end = start + size
        text = f"{size} bytes, {_digest(self._content[start:end])}"
        self.program.aliases[len(self.program.opcodes)] = wrapper.index
        self._add(Opcode(name="raw array", argument=text, position=start, start=start, end=end))

    def _pop(self, count: int) -> list[_Value]:
        """Take values from the stack, the lowest first."""
        values = [self._stack.pop() for _ in range(min(count, len(self._stack)))][::-1]
        if len(values) < count or None in values:
            raise ValueError("pickle takes more from the stack than there is")
        return [value for value in values if value]

    def _pop_to_mark(self) -> list[_Value]:
        values: list[_Value] = []
        while self._stack:
            value = self._stack.pop()
            if value is None:
                return values[::-1]
            values.append(value)
        raise ValueError("pickle takes to a mark that is not there")

    def _step(self, opcode: pickletools.OpcodeInfo, argument: Any) -> _Value | None:
        """Follow an opcode, and return the value that it leaves on the stack."""
        name, index = opcode.name, len(self.program.opcodes) - 1
        if name == "MARK":
            self._stack.append(None)
            return None
        if name == "MEMOIZE" or name in _PUTS:
            (value,) = self._pop(1)
            number = len(self._memo) if argument is None else int(argument)
            self._memo[number] = value
            self.program.memos[value.index] = number
        elif name in _GETS:
            value = self._memo.get(int(argument), _Value(index=index))
        else:
            before, inner = list(opcode.stack_before), list[_Value]()
            if pickletools.markobject in before:
                inner = self._pop_to_mark()
                before = before[: before.index(pickletools.markobject)]
            value = self._made(name, argument, self._pop(len(before)), inner)
        self._stack += [value] * len(opcode.stack_after or ([None] * (name in _PUTS)))
        return value

    def _made(self, name: str, argument: Any, taken: list[_Value], inner: list[_Value]) -> _Value:
        """Return what an opcode makes of what it took from the stack."""
        value = _Value(index=len(self.program.opcodes) - 1)
        if name in {"SETITEM", "SETITEMS"}:
            self._assign(taken[0], taken[1:] or inner)
        elif name == "BUILD":
            self.program.owners[taken[1].index] = taken[0].made_by
            taken[0].items = taken[1].items
        elif name in {"REDUCE", "NEWOBJ", "NEWOBJ_EX"}:
            value.made_by = str(taken[0].known)
            value.known = taken[1].known
            if value.made_by.endswith("._reconstructor") and isinstance(value.known, tuple):
                value.made_by = str(value.known[0].known) if value.known else ""
        elif name in _TUPLES:
            value.known = tuple(taken or inner)
        elif name == "STACK_GLOBAL":
            value.known = ".".join(str(part.known)[:_SHORT] for part in taken)
        elif name in _CONSTANTS:
            value.known = _CONSTANTS[name]
        elif isinstance(argument, str):
            value.known = argument.replace(" ", ".") if name == "GLOBAL" else argument
        elif isinstance(argument, int):
            value.known = argument
        return taken[0] if name in _IN_PLACE else value

    def _assign(self, container: _Value, pairs: list[_Value]) -> None:
        for key, value in zip(pairs[::2], pairs[1::2], strict=False):
            if isinstance(key.known, str):
                container.items[key.known] = value
                self.program.names[value.index] = container.index, key.known


def _is_long(name: str, argument: Any) -> bool:
    """Return whether an argument is looked into instead of shown: texts, and bytes of arrays."""
    size = len(argument) if isinstance(argument, bytes | bytearray | str) else 0
    return size > _SHORT or (name in _BYTES and size >= _ARRAY)


def _digest(data: bytes | bytearray) -> str:
    return hashlib.blake2b(data).hexdigest()[:16]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _known(value: _Value, name: str) -> Any:
    return value.items[name].known if name in value.items else None


def _layout(wrapper: _Value) -> tuple[str, int]:
    """Return an array's kind (one letter, as in NumPy) and its size in bytes.

    Raises:
        ValueError: the wrapper does not say both.

    """
    shape, dtype = _known(wrapper, "shape"), _known(wrapper, "dtype")
    code = dtype[0].known if isinstance(dtype, tuple) and dtype else None
    match = _ITEM.fullmatch(str(code))
    if not match or not isinstance(shape, tuple) or len(shape) > _DIMENSIONS:
        raise ValueError("joblib array without a shape or an element type")
    kind = match[1]
    size = int(match[2]) * (_UCS4 if kind == "U" else 1)
    for length in shape:
        if not isinstance(length.known, int) or not 0 <= length.known < _LONGEST:
            raise ValueError("joblib array of no size")
        size *= length.known
    return kind, size
