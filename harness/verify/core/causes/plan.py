"""What a search for causes plans, what it is told of each rebuild, and what it found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Key = tuple[str, str]
"""An output's name and a path below it; a directory's entries have its path with "/" behind."""

FAILURE: Key = ("", "")
"""Stands for the builder's failing, as if that were a file that changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A rebuild to run: the factors to move, others being pinned, by which of their values.

    With `pause` it is to begin in another second than the one before.
    """

    moved: frozenset[str]
    variant: int = 0
    pause: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rebuild changed against the first one with everything pinned.

    `failed` says that the builder did not come to its end; then nothing else is known. `unsure` are
    files of which the outcome says nothing. Of a rebuild with everything pinned, `beyond` tells for
    earlier plans which of the files that vary by themselves they changed in another way, too.
    """

    changed: frozenset[Key] = frozenset()
    failed: bool = False
    unsure: frozenset[Key] = frozenset()
    beyond: Mapping[Plan, frozenset[Key]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Found:
    """What is known: the files of each cause, and those that vary with everything pinned.

    `plans` tells the rebuild that shows a cause alone.
    """

    causes: dict[frozenset[str], set[Key]] = field(default_factory=dict)
    plans: dict[frozenset[str], Plan] = field(default_factory=dict)
    unstable: set[Key] = field(default_factory=set)

    def unexplained(self, keys: Iterable[Key]) -> list[Key]:
        """Return those of `keys` that nothing found moves."""
        explained = self.unstable.union(*self.causes.values())
        return [key for key in keys if key not in explained]
