"""What a verdict holds under: how far the shim came, what was moved, on which machine.

It holds under no other conditions: what was not reached is told with the reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.verify.core.factors.levers import LOCALE
from harness.verify.core.factors.rows import registered

_NO_LOCALE = f"the C library of its programs cannot load {LOCALE}"
_MOST_NAMED = 5


class Reached(StrEnum):
    """Which programs of a build the shim reported from, in the words of the report."""

    BUILDER = "every program that loads shared libraries"
    CHILDREN = "the builder itself is out of the shim's reach, though not all that it starts"
    NOTHING = "no program reported that the shim ran in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the shim came in a build.

    `beyond` are programs that it did not run in, by name; `knows_locale` is unset where the C
    library of a program could not load the moved locale. `counted` says that a program asked how
    many processors there are, `shares` that threads ran, or processes with memory in common.
    """

    reached: Reached = Reached.BUILDER
    beyond: tuple[str, ...] = ()
    knows_locale: bool = True
    counted: bool = False
    shares: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether nothing was out of reach."""
        return self.reached is Reached.BUILDER and not self.beyond

    def with_(self, other: "Reach") -> "Reach":
        """Return how far it came in two rebuilds: not beyond what either missed."""
        return Reach(
            reached=other.reached if self.reached is Reached.BUILDER else self.reached,
            beyond=tuple(sorted({*self.beyond, *other.beyond})),
            knows_locale=self.knows_locale and other.knows_locale,
            counted=self.counted or other.counted,
            shares=self.shares or other.shares,
        )


def unreached(moved: Collection[str], reach: Reach) -> dict[str, str]:
    """Return the moved factors that did not reach all of a build's programs, with the reason."""
    if reach.reached is not Reached.BUILDER:
        return {
            name: reach.reached.value
            for name in registered().names
            if name in moved and name in registered().in_shim
        }
    lacking = {} if reach.knows_locale else {"locale": _NO_LOCALE}
    if reach.beyond:
        reason = f"{_shortened(reach.beyond)}: the shim did not run in what the build started"
        lacking |= dict.fromkeys(registered().that(lambda row: row.in_programs), reason)
    return {name: lacking[name] for name in registered().names if name in moved and name in lacking}


def _shortened(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The factors that a rebuild moved, by name, and what it ran under.

    `nix` and `kernel` are versions, `processor` the model's name with its `flags`, and `cpus` the
    number that a build may use. `shim` is the name of the shim's store path, empty where none was
    needed. `not_exercised` maps the factors that were not moved to the reason.
    """

    nix: str
    processor: str
    cpus: int
    kernel: str = ""
    flags: tuple[str, ...] = ()
    shim: str = ""
    moved: frozenset[str] = frozenset()
    not_exercised: Mapping[str, str] = field(default_factory=dict)

    def as_object(self) -> Mapping[str, Any]:
        """Return what reports and remembered verdicts hold, in a fixed order."""
        return {
            "moved": [name for name in registered().names if name in self.moved],
            "not-exercised": dict(self.not_exercised),
            "nix": self.nix,
            "shim": self.shim,
            "sandbox": True,
            "kernel": self.kernel,
            "processor": self.processor,
            "flags": list(self.flags),
            "cpus": self.cpus,
        }

    def __str__(self) -> str:
        how = "a plain rebuild"
        if self.moved:
            rest = len(registered().names) - len(self.moved)
            named = ", ".join(name for name in registered().names if name in self.moved)
            how = f"moved {named}" if rest else f"all {len(registered().names)} factors moved"
        return f"{how}, Nix {self.nix}, {self.cpus} CPUs ({self.processor})"
