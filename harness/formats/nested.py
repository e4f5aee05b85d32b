"""What lies inside another content: members of archives, compressed data, embedded arrays.

The registry explains it, within bounds: of depth, of the bytes that are unpacked at once, which
shrink with the depth, and of all bytes that are unpacked from one outermost content. A small
hostile file cannot cost much.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from harness.formats import registry
from harness.formats.change import At, Change, Content, Kind, Place, Step

DEPTH = 5
"""How many contents may lie inside one another."""
_AT_ONCE = 32 << 20
_IN_ALL = 512 << 20
_CHUNK = 1 << 16

Slice = tuple[Content, int, int]
"""A part of a content, from an offset to another."""


@dataclass(slots=True, kw_only=True)
class _Budget:
    """How many bytes may still be unpacked: the one value that a whole explanation shares."""

    left: int


class Nesting:
    """How deep a content lies, and what may still be unpacked from it."""

    def __init__(self, depth: int, budget: _Budget) -> None:
        self._depth = depth
        self._budget = budget

    @classmethod
    def of(cls, content: Content) -> "Nesting":
        """Return the nesting of a content; one that lies inside no other begins a new budget."""
        if isinstance(content, Embedded):
            return content.nesting
        return cls(0, _Budget(left=_IN_ALL))

    @property
    def limit(self) -> int:
        """How many bytes may be unpacked at once, at least one."""
        return max(1, min(_AT_ONCE >> 2 * self._depth, self._budget.left))

    def inside(self, place: Place, path: str, first: bytes, second: bytes) -> Iterator[Change]:
        """Explain two contents that lie at `path` inside this one; places begin with `place`.

        Offsets are dropped: they would be those of the inner contents.
        """
        self._budget.left -= len(first) + len(second)
        if self._depth == DEPTH:
            if first != second:
                sizes = f"{len(first)} bytes", f"{len(second)} bytes"
                deep = (*place, Step(At.ASPECT, "too deep"))
                yield Change(kind=Kind.UNREAD, place=deep, first=sizes[0], second=sizes[1])
            return
        nesting = Nesting(self._depth + 1, self._budget)
        ours, theirs = (Embedded.at(nesting, data) for data in (first, second))
        form, changes = registry.explain(path, ours, theirs)
        outer = (*place, Step(At.INSIDE, form))
        for change in changes:
            yield replace(change, place=outer + change.place, offset=None)

    def slices(self, place: Place, path: str, first: Slice, second: Slice) -> Iterator[Change]:
        """Explain two slices of contents, as `inside` does; equal ones cost nothing of the budget.

        Of those above the limit no more is said than where they begin to differ.
        """
        offset = parting(first, second)
        if offset is None:
            return
        (ours, *here), (theirs, *there) = first, second
        if max(here[1] - here[0], there[1] - there[0]) <= self.limit:
            yield from self.inside(place, path, ours[slice(*here)], theirs[slice(*there)])
            return
        states = [f"{end - start} bytes, too large to look into" for start, end in (here, there)]
        rest = (*place, Step(At.ASPECT, "content"), Step(At.FROM, f"byte {offset} on"))
        yield Change(kind=Kind.UNREAD, place=rest, first=states[0], second=states[1])


def parting(first: Slice, second: Slice) -> int | None:
    """Return the first offset within two slices at which they differ, if any."""
    (ours, start, end), (theirs, other, stop) = first, second
    for offset in range(0, max(end - start, stop - other), _CHUNK):
        one = ours[start + offset : min(start + offset + _CHUNK, end)]
        two = theirs[other + offset : min(other + offset + _CHUNK, stop)]
        if one != two:
            pairs = zip(one, two, strict=False)
            places = (index for index, (a, b) in enumerate(pairs) if a != b)
            return offset + next(places, min(len(one), len(two)))
    return None


class Embedded(bytes):
    """Bytes that lie inside another content."""

    nesting: Nesting

    @classmethod
    def at(cls, nesting: Nesting, data: bytes) -> Self:
        """Return `data` as lying so deep."""
        embedded = cls(data)
        embedded.nesting = nesting
        return embedded
