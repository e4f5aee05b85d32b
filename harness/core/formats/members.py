"""Members of archives whose headers are fields and whose contents lie in one piece: ar and cpio."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.core.formats.change import Change, Content
from harness.core.formats.fields import differing, order, shown, unique
from harness.core.formats.nested import Nesting


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member: its header's fields by name, and where its content lies."""

    name: str
    fields: dict[str, object]
    start: int
    end: int


def compare(
    first: Content, second: Content, read: Callable[[Content], Iterator[Member]]
) -> Iterator[Change]:
    """Yield the order of members, then per member its header's fields and its content.

    Raises:
        ValueError: as `read`.

    """
    ours, theirs = (unique((m.name, m) for m in read(content)) for content in (first, second))
    nesting = Nesting.of(first)
    yield from order("order of members", list(ours), list(theirs))
    for name in dict.fromkeys((*ours, *theirs)):
        label = f"member {shown(name)}"
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None:
            states = [f"{m.end - m.start} bytes" if m else "" for m in (one, other)]
            yield Change(field=label, first=states[0], second=states[1])
            continue
        yield from differing(one.fields, other.fields, f"{label}: ", one.start)
        slices = [(c, m.start, m.end) for c, m in ((first, one), (second, other))]
        yield from nesting.slices(label, name, slices[0], slices[1])
