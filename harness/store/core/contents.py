"""What a store holds of some paths: the hashes that it recorded, and which paths belie theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Recorded hashes by path, as Nix prints them, and the paths that no longer have theirs."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    def with_(self, others: "Contents") -> "Contents":
        """Return what is known of these paths and of others."""
        return Contents(hashes={**self.hashes, **others.hashes}, broken=self.broken | others.broken)


NOTHING = Contents()


def shared(sizes: Mapping[str, int], count: int) -> list[list[str]]:
    """Share paths among at most `count` batches of about the same size, the largest first."""
    batches: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for path in sorted(sizes, key=lambda path: (-sizes[path], path)):
        least = loads.index(min(loads))
        batches[least].append(path)
        loads[least] += sizes[path]
    return [batch for batch in batches if batch]
