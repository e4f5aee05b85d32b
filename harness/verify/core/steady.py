"""What a rebuild with factors moved changes beyond what varies without: judged by what is steady.

Of a text, these are the words that all rebuilds with everything pinned have, wherever they stand;
of other bytes, the places at which those rebuilds agree.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import reduce
from operator import and_

from harness.formats.change import At, Change, Kind, Step

_WORD = re.compile(rb"[^\s,;:()\[\]{}\"']+")
_NUMBER = re.compile(rb"[-+]?\d[\d.e+-]*")
_NEAR = 16
"""Bytes beside one that varies: they belong to the same value, and are equal by chance."""
_SHOWN = 4000


def is_text(contents: Sequence[bytes]) -> bool:
    """Return whether contents are to be looked at by words."""
    return all(b"\0" not in content for content in contents)


def is_beyond(
    form: str,
    pinned: Sequence[bytes],
    moved: Sequence[bytes],
    *,
    is_race: bool,
    has_fields: bool,
) -> bool:
    """Return whether all moved rebuilds change more of a file than what varies anyway.

    `form` is the name of its format; `has_fields` tells whether a field changed in all of them that
    does not vary anyway, which says nothing where the order does.
    """
    if is_text([*pinned, *moved]) and (is_race or form == "text"):
        lost = set.intersection(*(set(lost_words(pinned, one)) for one in moved))
        if is_race and _has_jitter(pinned):
            lost = {word for word in lost if not _NUMBER.fullmatch(word)}
        is_moved = not is_race and all(_is_in_another_order(pinned, one) for one in moved)
        return (bool(lost) or is_moved) and (is_race or has_fields)
    if form in {"binary", "squashfs"}:
        return bool(frozenset.intersection(*(lost_bytes(pinned, one) for one in moved)))
    return has_fields


def lost_words(pinned: Sequence[bytes], moved: bytes) -> Counter[bytes]:
    """Return the words that all pinned rebuilds have and the moved one lacks."""
    return reduce(and_, map(_words, pinned)) - _words(moved)


def _has_jitter(pinned: Sequence[bytes]) -> bool:
    """Return whether numbers vary anyway: one that comes again elsewhere was there by chance."""
    numbers = [Counter(filter(_NUMBER.fullmatch, _WORD.findall(content))) for content in pinned]
    return any(one != numbers[0] for one in numbers)


def _is_in_another_order(pinned: Sequence[bytes], moved: bytes) -> bool:
    """Return whether words that all contents have equally often stand in another order."""
    counts = [_words(content) for content in (*pinned, moved)]
    steady = {word for word, count in counts[0].items() if all(c[word] == count for c in counts)}
    sequences = [
        [word for word in _WORD.findall(content) if word in steady] for content in (*pinned, moved)
    ]
    return sequences[-1] not in sequences[:-1]


def lost_bytes(pinned: Sequence[bytes], moved: bytes) -> frozenset[int]:
    """Return the places, in blocks, at which pinned rebuilds agree and the moved one does not.

    Of contents of several sizes nothing can be told.
    """
    if len({len(moved), *map(len, pinned)}) > 1:
        return frozenset()
    first, *others = pinned
    varying = [block for other in others for block in _differing(first, other)]
    unsteady = {block + near for block in varying for near in (-1, 0, 1)}
    return frozenset(set(_differing(first, moved)) - unsteady)


def beside_order(first: bytes, second: bytes) -> Change:
    """Return the words that only one of two contents has, as if they were one field."""
    ours, theirs = _words(first), _words(second)
    values = [
        b" ".join(words)[:_SHOWN].decode(errors="replace")
        for words in (ours - theirs, theirs - ours)
    ]
    return Change(kind=Kind.TEXT, place=(Step(At.LINE, 1),), first=values[0], second=values[1])


def _words(content: bytes) -> Counter[bytes]:
    return Counter(_WORD.findall(content))


def _differing(first: bytes, second: bytes) -> list[int]:
    """Return the numbers of the blocks of a few bytes that differ."""
    return [
        start // _NEAR
        for start in range(0, len(first), _NEAR)
        if first[start : start + _NEAR] != second[start : start + _NEAR]
    ]
