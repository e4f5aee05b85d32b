"""pyc files: the header's fields, then code objects by qualified name, constant by constant.

The header is that of PEP 552. What differs in value comes first; then what is only written in
another way: FLAG_REF, a reference instead of a copy, interned strings.
"""

from collections.abc import Callable, Iterator

from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed, field, file_time
from harness.formats.cursor import Cursor
from harness.formats.fields import changed, differing, shown
from harness.formats.programs.marshalled import Node, Reader

LIMIT = 16 << 20
"""Bytes above which a pyc is not read."""
_HEADER = 16
_DEPTH = 60
_MODES = {0: "timestamp", 1: "unchecked hash", 3: "checked hash"}
_OLD_CODE = 3450
_VERSIONS = {
    3400: "3.8",
    3420: "3.9",
    3430: "3.10",
    3450: "3.11",
    3500: "3.12",
    3550: "3.13",
    3600: "3.14",
}
_SUPPORTED = range(3400, 3650)
_PLURALS = {
    "constants": "constant",
    "names": "name",
    "local names": "local name",
    "variable names": "variable name",
}
_RANK = {"filename": -1, "instructions": 1, "exception table": 2, "line table": 2}
_ITEMS = 20
_NESTED = 2
_CUT = 200
_SETS = ("set", "frozenset")

Pair = tuple[Place, Node, Node]


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields of the header, then of the code.

    Raises:
        ValueError: no pyc of CPython 3.8 to 3.14, damaged, or larger than `LIMIT`.

    """
    (magic, ours), (other, theirs) = header(first), header(second)
    yield from differing(ours, theirs, field("pyc", At.HEADER), 0)
    roots = _code(first, magic), _code(second, other)
    same = _unchanged(first, second)
    for compare in (_values, _writing):
        for place, one, two in _pairs(*roots, same):
            yield from compare(place, one, two)


def header(content: Content) -> tuple[int, dict[str, object]]:
    """Return the magic number and the header's fields by name.

    Raises:
        ValueError: it is none.

    """
    magic, end, flags, one, two = Cursor(content).unpack("<H2sIII")
    if end != b"\r\n" or magic not in _SUPPORTED or flags not in _MODES:
        raise ValueError(f"no pyc header: magic number {magic}, flags {flags}")
    version = _VERSIONS[max(least for least in _VERSIONS if magic >= least)]
    fields: dict[str, object] = {
        "magic": f"{magic} (CPython {version})",
        "flags": f"{flags} ({_MODES[flags]})",
    }
    if flags:
        return magic, fields | {"source hash": Typed(Kind.DIGEST, content[8:16].hex())}
    return magic, fields | {"mtime": file_time(one), "source size": two}


def _code(content: Content, magic: int) -> Node:
    if len(content) > LIMIT:
        raise ValueError(f"{len(content)} bytes: a pyc of more than {LIMIT} is not read")
    return Reader(Cursor(content, _HEADER), old_code=magic < _OLD_CODE).read()


def _unchanged(first: Content, second: Content) -> Callable[[Node, Node], bool]:
    """Return a test whether two objects are written with the same bytes and mean the same."""

    def test(one: Node, other: Node) -> bool:
        same = one.key == other.key and one.end - one.start == other.end - other.start
        return same and first[one.start : one.end] == second[other.start : other.end]

    return test


def _pairs(first: Node, second: Node, same: Callable[[Node, Node], bool]) -> Iterator[Pair]:
    """Yield the labelled objects that correspond and are not the same, from the outside in.

    Each object is looked at once, however often it is referred to.
    """
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Place, int, Node, Node]] = [((), 0, first, second)]
    while waiting:
        place, depth, one, other = waiting.pop()
        ours, theirs = one.meant, other.meant
        places = ours.start, theirs.start
        if same(one, other) or (places in seen and one.kind == other.kind):
            continue
        seen.add(places)
        place = _place(ours) or place
        yield place, one, other
        if depth < _DEPTH:
            inner = [
                (_inner(place, name), depth + 1, a, b) for name, a, b in _matched(ours, theirs)
            ]
            waiting += reversed(inner)


def _inner(place: Place, name: str) -> Place:
    """Return the place of a part: "constants, item 2" is said as "constant 2"."""
    what, _, number = name.partition(" ") if name.startswith("item ") else (name, "", "")
    if number and place and place[-1].value in _PLURALS:
        what, place = _PLURALS[str(place[-1].value)], place[:-1]
    counted = (Step(At.NUMBER, int(number)),) if number else ()
    return (*place, Step(At.PIECE, what), *counted)


def _place(node: Node) -> Place:
    """Return the place of a code object; other objects have none of their own."""
    return (Step(At.CODE, _name(node)),) if node.kind == "code" else ()


def _name(node: Node) -> str:
    """Return what a code object is called, and nothing for other ones."""
    if node.kind != "code":
        return ""
    parts = dict(node.parts)
    return shown(parts.get("qualified name", parts["name"]).meant.text)


def _matched(first: Node, second: Node) -> Iterator[tuple[str, Node, Node]]:
    """Yield the parts that correspond, with names; of a code object the telling ones first."""
    if first.kind != second.kind:
        return
    if first.kind in _SETS:
        same = {part.key: part for _, part in second.parts}
        yield from ((name, part, same[part.key]) for name, part in first.parts if part.key in same)
    elif len(first.parts) == len(second.parts):
        pairs = zip(first.parts, second.parts, strict=True)
        yield from sorted(
            ((name, one, other) for (name, one), (_, other) in pairs),
            key=lambda pair: _RANK.get(pair[0], 0),
        )
    else:
        codes = {_name(part.meant): part for _, part in second.parts}
        named = ((name, part, _name(part.meant)) for name, part in first.parts)
        yield from ((n, part, codes[label]) for n, part, label in named if label and label in codes)


def _values(place: Place, first: Node, second: Node) -> Iterator[Change]:
    """Yield how the values of two objects differ, apart from parts that correspond."""
    one, other = first.meant, second.meant
    if one.key == other.key:
        return
    if one.kind != other.kind or not (one.parts and other.parts):
        yield changed(place, _text(one), _text(other), offset=one.start)
    elif one.kind in _SETS or len(one.parts) != len(other.parts):
        keys = [{part.key for _, part in node.parts} for node in (one, other)]
        is_set = one.kind in _SETS
        what = f"{one.kind} items" if is_set else ""
        texts = _others(one, keys[1]), _others(other, keys[0])
        if keys[0] == keys[1]:
            what, texts = f"{one.kind} order", (_others(one, set()), _others(other, set()))
        yield changed(
            (*place, Step(At.PIECE, what)) if what else place,
            *(Typed(Kind.SET if is_set else Kind.TEXT, text) for text in texts),
            offset=one.start,
        )


def _others(node: Node, keys: set[bytes]) -> str:
    """Return as text the parts of an object whose keys are not among `keys`."""
    others = [part for _, part in node.parts if part.key not in keys]
    return ", ".join(_text(part, 1) for part in others[:_ITEMS])


def _writing(place: Place, first: Node, second: Node) -> Iterator[Change]:
    """Yield how two objects of the same kind are written in different ways."""
    if first.meant.kind != second.meant.kind:
        return
    ours, theirs = _form(first), _form(second)
    if ours != theirs:
        flag = (*place, Step(At.ASPECT, "reference flag (FLAG_REF)"))
        yield Change(kind=Kind.PACKING, place=flag, first=ours, second=theirs, offset=first.start)
    elif first.interned != second.interned:
        states = ["interned" if node.interned else "not interned" for node in (first, second)]
        how = (*place, Step(At.ASPECT, "interning"))
        yield Change(kind=Kind.PACKING, place=how, first=states[0], second=states[1])


def _form(node: Node) -> str:
    if node.kind == "reference":
        return "a reference"
    return "set" if node.number >= 0 else "not set"


def _text(node: Node, depth: int = 0) -> str:
    """Return a value as text; one inside another is cut to a bounded size."""
    node = node.meant
    if node.kind == "code":
        return f"code object `{_name(node)}`"
    if not node.parts:
        text = node.text[:_CUT] if depth else node.text
        return repr(text) if node.kind in {"str", "bytes"} else str(text) or node.kind
    if depth > _NESTED:
        return f"<{node.kind}>"
    inner = ", ".join(_text(part, depth + 1) for _, part in node.parts[:_ITEMS])
    return f"{node.kind}({inner})"
