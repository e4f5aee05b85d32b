"""Which of the packages of a lock were asked for: those that no other of them requires."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet


def roots(requirers: Mapping[str, AbstractSet[str]]) -> list[str]:
    """Return names from which every other is reached, by who requires each of them.

    Of packages that require each other in a circle, and are required by no others, the first by
    name is taken.
    """
    found: list[str] = []
    reached: set[str] = set()
    alone = sorted(name for name, by in requirers.items() if not by & (requirers.keys() - {name}))
    for name in (*alone, *sorted(requirers)):
        if name not in reached:
            found.append(name)
            reached |= _below(name, requirers)
    return sorted(found)


def _below(name: str, requirers: Mapping[str, AbstractSet[str]]) -> set[str]:
    seen, waiting = set[str](), [name]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [other for other, by in requirers.items() if one in by]
    return seen
