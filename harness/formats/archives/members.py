"""Members of archives: one comparison for all, of order, names, header fields and contents."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from harness.formats.archives.renamed import aligned, digest
from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed, field
from harness.formats.fields import Fields, Name, changed, differing, order, shown, unique
from harness.formats.nested import Nesting

ORDER = field("order of members")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member: fields of its header, and where it lies in the content of its archive.

    `offset` is that of its header, `kind` what it is beside its size. Fields that are `named`
    follow from its name.
    """

    name: str
    fields: Fields
    archive: Content
    start: int
    end: int
    offset: int | None
    kind: str = ""
    named: frozenset[Name] = frozenset()

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return self.end - self.start

    @property
    def key(self) -> Hashable:
        """What is equal for members of equal contents."""
        return digest(self.archive, self.start, self.end)

    @property
    def state(self) -> str:
        """What is said of it where the other side lacks it."""
        return f"{self.kind}{self.size} bytes"


M = TypeVar("M", bound=Member)
Inside = Callable[[Place, M, M], Iterator[Change]]
"""Compares two members of one name."""


def compare(
    first: Iterable[M], second: Iterable[M], inside: Inside[M] | None = None
) -> Iterator[Change]:
    """Yield the order of members, then per member its name, its header's fields and its content.

    The content is explained as what it is, unless there is a way `inside` of its own.

    Raises:
        ValueError: as reading the members does.

    """
    ours, theirs = (unique((member.name, member) for member in side) for side in (first, second))
    both = aligned(ours, theirs)
    yield from order(ORDER, list(ours), list(both.members), Kind.LISTING)
    for name in dict.fromkeys((*ours, *both.members)):
        place = (Step(At.MEMBER, shown(name)),)
        one, other = ours.get(name), both.members.get(name)
        if one is None or other is None:
            yield changed(place, *(_presence(member) for member in (one, other)))
            continue
        yield from both.told(name)
        yield from differing(*_fields(one, other), place, one.offset)
        yield from (inside or _contents)(place, one, other)


def _presence(member: Member | None) -> Typed:
    return Typed(Kind.PRESENCE, member.state if member else "")


def _fields(one: Member, other: Member) -> tuple[Fields, Fields]:
    """Return the fields of both, without those that follow from names that differ."""
    if one.name == other.name:
        return one.fields, other.fields
    had, has = (
        {key: value for key, value in member.fields.items() if key not in one.named}
        for member in (one, other)
    )
    return had, has


def _contents(place: Place, one: Member, other: Member) -> Iterator[Change]:
    slices = [(member.archive, member.start, member.end) for member in (one, other)]
    yield from Nesting.of(one.archive).slices(place, one.name, slices[0], slices[1])
