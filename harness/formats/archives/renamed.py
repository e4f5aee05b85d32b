"""Which members of one archive stand in another under another name: those of the same bytes.

Only what could be is read: members that one side alone has, of a size that the other side's have.
Empty ones are all alike and are paired with none.
"""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from harness.formats.change import At, Change, Content, Kind, Step
from harness.formats.fields import shown, shown_pair
from harness.formats.nearest import nearest

_MOST = 20_000
"""Members that only one side has, above which none is looked at."""
_CHUNK = 1 << 18


class Sized(Protocol):
    """What a member is told by: its size, and what is equal for equal contents."""

    @property
    def size(self) -> int:
        """How many bytes it holds."""

    @property
    def key(self) -> Hashable:
        """What stands for its content."""


M = TypeVar("M", bound=Sized)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned(Generic[M]):
    """The second archive's members by the first one's names, and the new names by the old ones."""

    members: Mapping[str, M]
    renames: Mapping[str, str]

    def told(self, name: str) -> Iterator[Change]:
        """Yield that a member has another name, if it has."""
        if new := self.renames.get(name):
            ours, theirs = shown_pair(name, new)
            place = Step(At.MEMBER, shown(name)), Step(At.ASPECT, "renamed")
            yield Change(kind=Kind.PATH, place=place, first=ours, second=theirs)


def aligned(ours: Mapping[str, M], theirs: Mapping[str, M]) -> Aligned[M]:
    """Pair members of both sides: by name, and those of one side alone by their contents' keys."""
    gone = {name: one for name, one in ours.items() if name not in theirs}
    come = {name: one for name, one in theirs.items() if name not in ours}
    sizes = {one.size for one in gone.values()} & {one.size for one in come.values()} - {0}
    groups: defaultdict[Hashable, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    if max(len(gone), len(come)) <= _MOST:
        for side, members in enumerate((gone, come)):
            for name in (name for name, one in members.items() if one.size in sizes):
                groups[members[name].key][side].append(name)
    renames = dict(pair for pairs in groups.values() for pair in nearest(*pairs))
    old = {new: name for name, new in renames.items()}
    return Aligned(
        members={old.get(name, name): one for name, one in theirs.items()}, renames=renames
    )


def digest(content: Content, start: int, end: int) -> bytes:
    """Return the sha256 of a part of a content."""
    found = hashlib.sha256()
    for offset in range(start, end, _CHUNK):
        found.update(content[offset : min(offset + _CHUNK, end)])
    return found.digest()
