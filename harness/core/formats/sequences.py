"""Matching two long sequences in linear time: lines of texts, opcodes of pickles."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_WINDOW = 400


def runs(first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
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
