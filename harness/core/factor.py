"""The conditions of a rebuild: which factors were moved, and on what machine.

A plain rebuild moves none on purpose; what changes between two builds anyway (the clock, process
ids, the schedule) is not counted as exercised. A verdict holds under its conditions and no others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The factors that a rebuild moved, by name, and what it ran under.

    `nix` is the version, `processor` the model's name, and `cpus` the number that a build may use.
    """

    nix: str
    processor: str
    cpus: int
    moved: frozenset[str] = frozenset()

    def as_object(self) -> Mapping[str, Any]:
        """Return what reports and remembered verdicts hold, in a fixed order."""
        return {
            "moved": sorted(self.moved),
            "nix": self.nix,
            "processor": self.processor,
            "cpus": self.cpus,
        }

    def __str__(self) -> str:
        how = f"moved {', '.join(sorted(self.moved))}" if self.moved else "a plain rebuild"
        return f"{how}, Nix {self.nix}, {self.cpus} CPUs ({self.processor})"
