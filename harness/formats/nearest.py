"""Pairing names of one content by how alike they are."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_MOST_ALIKE = 50


def nearest(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pair each of the first names with the one of the second that is most alike, while any is."""
    left = list(theirs)
    for one in ours:
        if not left:
            break
        near = left[:_MOST_ALIKE]
        best = max(near, key=lambda other: SequenceMatcher(None, one, other).ratio())
        left.remove(best)
        yield one, best
