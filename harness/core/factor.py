"""The conditions of a rebuild: which factors were moved, and which were not exercised.

A plain rebuild moves none on purpose; what changes between two builds anyway (the clock, process
ids, the schedule) is not counted as exercised.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The factors that a rebuild moved, by name."""

    moved: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"moved: {', '.join(sorted(self.moved))}" if self.moved else "a plain rebuild"


PLAIN = Conditions()
"""The same derivation once more, on the same machine."""
