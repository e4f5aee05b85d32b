"""Matching two long sequences in linear time: lines of texts, opcodes of pickles."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

_WINDOW = 400
_SHOWN = 5

Run = tuple[int, int, int, int]
"""(i, j, k, m): first[i:j] stands in place of second[k:m]."""


def runs(first: Sequence[str], second: Sequence[str]) -> Iterator[Run]:
    """Yield (i, j, k, m) where first[i:j] stands in place of second[k:m], in order.

    Items are matched some hundred at a time, so that time is linear in their number.
    """
    i = k = 0
    while i < len(first) or k < len(second):
        if first[i : i + 1] == second[k : k + 1]:
            i, k = i + 1, k + 1
            continue
        ours, theirs = first[i : i + _WINDOW], second[k : k + _WINDOW]
        found = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
        done = len(ours), len(theirs)
        matched = [(b, d) for tag, _, b, _, d in found if tag == "equal"]
        if matched and (i + len(ours) < len(first) or k + len(theirs) < len(second)):
            # What lies behind the last match may match further on: it is looked at again.
            done = matched[-1]
        for tag, a, b, c, d in found:
            if tag != "equal" and b <= done[0] and d <= done[1]:
                yield i + a, i + b, k + c, k + d
        i, k = i + done[0], k + done[1]


def without_moved(
    first: Sequence[str], second: Sequence[str], found: Sequence[Run]
) -> Sequence[Run] | None:
    """Return the runs less those that only move items, or None if few items were moved.

    An item was moved if it is in a run of both sides. Where most of what differs was moved, that is
    the difference, and the runs that are left over hold what was not.
    """
    ours = Counter(item for i, j, _, _ in found for item in first[i:j] if item.strip())
    theirs = Counter(item for _, _, k, m in found for item in second[k:m] if item.strip())
    moved = ours & theirs
    if 2 * moved.total() <= max(ours.total(), theirs.total()):
        return None
    left = (
        (_kept(first, range(i, j), moved), _kept(second, range(k, m), moved))
        for i, j, k, m in found
    )
    return [(*one, *other) for one, other in left if one[0] < one[1] or other[0] < other[1]]


def _kept(items: Sequence[str], places: Iterable[int], moved: Counter[str]) -> tuple[int, int]:
    """Return the span of those places whose item was not moved; an empty one if there are none."""
    kept = [place for place in places if items[place] not in moved]
    return (kept[0], kept[-1] + 1) if kept else (0, 0)


def parting(first: Sequence[str], second: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the first common items of both sides from where their order parts."""
    common = Counter(first) & Counter(second)
    ours, theirs = ([item for item in items if item in common] for items in (first, second))
    pairs = enumerate(zip(ours, theirs, strict=False))
    at = next((place for place, (one, other) in pairs if one != other), 0)
    return ours[at : at + _SHOWN], theirs[at : at + _SHOWN]
