"""Members of archives whose headers are fields and whose contents lie in one piece: ar and cpio."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from harness.formats.archives.renamed import aligned, digest
from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed, field
from harness.formats.fields import changed, differing, order, shown, unique
from harness.formats.nested import Nesting

ORDER = field("order of members")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member: its header's fields by name, and where its content lies."""

    name: str
    fields: dict[str, object]
    start: int
    end: int


def member(name: str) -> Place:
    """Return the place of a member."""
    return (Step(At.MEMBER, shown(name)),)


def alone(name: str, first: str, second: str) -> Change:
    """Return the change of a member that one side lacks: its size stands on the other."""
    return changed(member(name), *(Typed(Kind.PRESENCE, state) for state in (first, second)))


def compare(
    first: Content, second: Content, read: Callable[[Content], Iterator[Member]]
) -> Iterator[Change]:
    """Yield the order of members, then per member its header's fields and its content.

    Raises:
        ValueError: as `read`.

    """
    ours, theirs = (unique((m.name, m) for m in read(content)) for content in (first, second))
    nesting = Nesting.of(first)
    both = aligned(ours, theirs, _size, (partial(_digest, first), partial(_digest, second)))
    yield from order(ORDER, list(ours), list(both.members), Kind.LISTING)
    for name in dict.fromkeys((*ours, *both.members)):
        place = member(name)
        one, other = ours.get(name), both.members.get(name)
        if one is None or other is None:
            yield alone(name, *(f"{_size(m)} bytes" if m else "" for m in (one, other)))
            continue
        yield from both.told(name)
        yield from differing(one.fields, other.fields, place, one.start)
        slices = [(c, m.start, m.end) for c, m in ((first, one), (second, other))]
        yield from nesting.slices(place, name, slices[0], slices[1])


def _size(member: Member) -> int:
    return member.end - member.start


def _digest(content: Content, member: Member) -> bytes:
    return digest(content, member.start, member.end)
