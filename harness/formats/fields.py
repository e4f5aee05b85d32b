"""Comparing what a format's reader found: named fields, and the order of names.

Values are shown as one short line of text: `shown` clips, so that no change is ever large.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from harness.formats.change import At, Change, Kind, Place, Typed, Value, field
from harness.formats.sequences import parting

WIDTH = 200
"""Characters of a value that are shown."""
_KEPT = WIDTH // 2
_BYTES = WIDTH // 4
_MOST_NAMED = 3
_LOOKS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0410\u0412\u0415\u041a\u041c"
    "\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a"
    "\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u201c\u201d",
    "aeopcyxijshdABEKMHOPCTXIJSoABEZHIKMNOPTYX------''" + '""',
)
"""Cyrillic, Greek and typographic characters that look like others (UTS 39's commonest)."""

T = TypeVar("T")
Name = str | Place
Fields = Mapping[str, object] | Mapping[Place, object] | Mapping[Name, object]
"""Values by the names of fields, or by their places."""


def shown(value: object) -> str:
    """Return a value as a line of at most about `WIDTH` characters; its ends stay visible."""
    text = value if isinstance(value, str) else _represented(value)
    if len(text) > WIDTH:
        text = f"{text[:_KEPT]}[... {len(text) - WIDTH} more ...]{text[-_KEPT:]}"
    return text.encode("utf-8", "backslashreplace").decode()


def shown_pair(first: object, second: object) -> tuple[str, str]:
    """Return two values as `shown` does, cut so that the place where they begin to differ shows."""
    ours, theirs = (
        value if isinstance(value, str) else _represented(value) for value in (first, second)
    )
    if max(len(ours), len(theirs)) <= WIDTH and ours.isascii() and theirs.isascii():
        return ours, theirs
    if max(len(ours), len(theirs)) > WIDTH:
        pairs = enumerate(zip(ours, theirs, strict=False))
        same = next((i for i, (one, other) in pairs if one != other), min(len(ours), len(theirs)))
        if same > _KEPT:
            ours, theirs = (f"[...]{text[same - _KEPT // 2 :]}" for text in (ours, theirs))
    ours, theirs = told_apart(ours, theirs)
    return shown(ours), shown(theirs)


def told_apart(first: str, second: str) -> tuple[str, str]:
    """Return two texts, with code points beside them where they look alike on a page."""
    if _look_alike(first, second):
        return _named(first, second), _named(second, first)
    return first, second


def _look_alike(first: str, second: str) -> bool:
    """Return whether two texts may be taken for each other on a page."""
    if first == second or (first.isascii() and second.isascii()):
        return False
    return _skeleton(first) == _skeleton(second)


def _skeleton(text: str) -> str:
    """Return a text in plain letters of one look, without what takes no place on a page."""
    composed = unicodedata.normalize("NFKC", text).translate(_LOOKS)
    return "".join(c for c in composed if unicodedata.category(c) not in {"Cf", "Mn"})


def _named(text: str, other: str) -> str:
    """Return a text with the code points that the other does not have."""
    own = [c for c in dict.fromkeys(text) if not c.isascii() and c not in other]
    names = ", ".join(f"U+{ord(c):04X}" for c in own[:_MOST_NAMED])
    return f"{text} ({names})" if names else text


def code_points(names: Iterable[str]) -> dict[str, str]:
    """Return by name the code points to show beside it, where another of them looks alike."""
    looks: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        looks.setdefault(_skeleton(name), []).append(name)
    return {
        name: _named(name, "".join(one for one in alike if one != name)).removeprefix(name)
        for alike in looks.values()
        if len(alike) > 1
        for name in alike
    }


def reordered(place: Place, first: Sequence[str], second: Sequence[str]) -> Change:
    """Return the change of items that stand in another order, from where they part."""
    ours, theirs = parting(first, second)
    return Change(
        kind=Kind.ORDER,
        place=place,
        first=shown(", ".join(ours)),
        second=shown(", ".join(theirs)),
    )


def _represented(value: object) -> str:
    if isinstance(value, bytes) and len(value) > WIDTH:
        return f"{value[:_BYTES]!r}[... {len(value) - 2 * _BYTES} more ...]{value[-_BYTES:]!r}"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= WIDTH * 3 else hex(value)
    return repr(value)


def differing(
    first: Fields,
    second: Fields,
    place: Place = (),
    offset: int | None = None,
) -> Iterator[Change]:
    """Yield a change per name whose values differ, in the first mapping's order, then the rest.

    A name is a field's, or a place of some steps; `place` goes before each. The kind is that of
    the values. A value that one side lacks is empty text.
    """
    ours, theirs = (dict[Name, object](it.items()) for it in (first, second))
    for name in ours | theirs:
        if name not in ours or name not in theirs or ours[name] != theirs[name]:
            inner = field(name) if isinstance(name, str) else name
            one, other = ours.get(name, ""), theirs.get(name, "")
            yield changed((*place, *inner), one, other, offset=offset)


def named(found: Mapping[str, object], at: At = At.NAME) -> dict[Place, object]:
    """Return values by places of one step, whose names are the file's own."""
    return {field(name, at): value for name, value in found.items()}


def changed(place: Place, first: object, second: object, *, offset: int | None = None) -> Change:
    """Return the change of two values, of the kind that they are of."""
    if isinstance(first, str) and isinstance(second, str):
        one, other = shown_pair(first, second)
        return Change(kind=Kind.TEXT, place=place, first=one, second=other, offset=offset)
    kind = _kind(first if first != "" else second)
    ours, theirs = values(*(it.value if isinstance(it, Typed) else it for it in (first, second)))
    return Change(kind=kind, place=place, first=ours, second=theirs, offset=offset)


def _kind(value: object) -> Kind:
    if isinstance(value, Typed):
        return value.kind
    if isinstance(value, bytes):
        return Kind.BYTES
    return Kind.NUMBER if isinstance(value, int | float) else Kind.TEXT


def values(first: object, second: object) -> tuple[Value, Value]:
    """Return two values as a change holds them: short numbers as they are, all else as text."""
    ours, theirs = shown_pair(first, second)
    return _value(first, ours), _value(second, theirs)


def _value(value: object, text: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float) or len(text) > WIDTH:
        return text
    return value


def order(
    place: Place, first: Sequence[str], second: Sequence[str], kind: Kind = Kind.ORDER
) -> Iterator[Change]:
    """Yield one change when the names that both sides have stand in another order.

    It shows the first place where the orders part, with the names that follow.
    """
    both = set(first) & set(second)
    ours, theirs = ([name for name in names if name in both] for names in (first, second))
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            yield Change(
                kind=kind,
                place=place,
                first=shown(", ".join(ours[index : index + 5])),
                second=shown(", ".join(theirs[index : index + 5])),
            )
            return


def unique(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Return named things by name; a name's second thing is called "name (2)"."""
    found: dict[str, T] = {}
    seen: Counter[str] = Counter()
    for name, thing in pairs:
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name} ({seen[name]})"] = thing
    return found
