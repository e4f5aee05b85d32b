"""Which store path of one build stands for which of another, and what leads to a path.

Names pair paths: their hashes differ for everything above a change.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

_VERSION = re.compile(r"[-_]\d")
_SHOWN_LINKS = 5
Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Paths that differ and stand for each other; those that only the first and the second has."""

    pairs: tuple[tuple[str, str], ...]
    gone: tuple[str, ...]
    come: tuple[str, ...]


def pair(first: Iterable[str], second: Iterable[str]) -> Pairing:
    """Pair the paths that are not in both: by name, then by name without version if it is clear."""
    ours, theirs = set(first), set(second)
    pairs, gone, come = _by(name_of, sorted(ours - theirs), sorted(theirs - ours), several=True)
    moved, gone, come = _by(_stem, gone, come, several=False)
    return Pairing(pairs=(*pairs, *moved), gone=tuple(gone), come=tuple(come))


def _by(
    key: Callable[[str], str], first: Sequence[str], second: Sequence[str], *, several: bool
) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """Pair by a key; where `several` paths of one key may not be paired, they are left over."""
    ours, theirs = _grouped(key, first), _grouped(key, second)
    pairs, gone, come = list[tuple[str, str]](), list[str](), list[str]()
    for one in sorted(ours.keys() | theirs.keys()):
        left, right = ours.get(one, []), theirs.get(one, [])
        count = min(len(left), len(right))
        if not several and (len(left), len(right)) != (1, 1):
            count = 0
        pairs += zip(left[:count], right[:count], strict=True)
        gone += left[count:]
        come += right[count:]
    return pairs, gone, come


def _grouped(key: Callable[[str], str], paths: Iterable[str]) -> dict[str, list[str]]:
    groups = defaultdict[str, list[str]](list)
    for path in paths:
        groups[key(path)].append(path)
    return groups


def name_of(path: str) -> str:
    """Return a store path's name, without hash and suffix."""
    return path.rpartition("/")[2].partition("-")[2].removesuffix(".drv")


def _stem(path: str) -> str:
    return _VERSION.split(name_of(path), maxsplit=1)[0]


def chains(
    tops: Iterable[Node], below: Callable[[Node], Iterable[Node]]
) -> dict[Node, Node | None]:
    """Return for each node below `tops` the one before it on a shortest way down, None for tops."""
    before: dict[Node, Node | None] = dict.fromkeys(tops)
    queue = list(before)
    for node in queue:
        for one in below(node):
            if one not in before:
                before[one] = node
                queue.append(one)
    return before


def chain(before: dict[Node, Node | None], end: Node, name: Callable[[Node], str]) -> str:
    """Return the names from a top down to `end`, the middle of a long way counted."""
    names, at = list[str](), before.get(end)
    names.append(name(end))
    while at is not None:
        names.append(name(at))
        at = before[at]
    names.reverse()
    if len(names) > _SHOWN_LINKS:
        names[2:-2] = [f"({len(names) - 4} more)"]
    return " → ".join(names)
