"""Run the search for causes: rebuild as it plans, compare trees, take evidence from the bytes.

Trees are compared on disk and read by mapping them into memory, so that large outputs cost little.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from harness.core.cause import Cause, Evidence
from harness.core.diagnose import FAILURE, Found, Key, Outcome, Plan, Search
from harness.core.factor import NAMES
from harness.core.formats.change import Change
from harness.core.recognise import (
    HOST_STATE,
    RACE,
    Span,
    instability,
    is_environment_dump,
    suspects,
)
from harness.core.remedy import advice
from harness.flows.changes import Trees, changed, changes

Rebuild = Callable[[Plan], Trees | None]
"""Returns the trees of a rebuild, or None if the builder failed."""

_MOST_EVIDENCE = 5
_MOST_CHANGES = 500
_MOST_FILES_READ = 300
_MOST_SUSPECTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The causes of each output's differences, and the files that none of them moves."""

    causes: Mapping[str, tuple[Cause, ...]] = field(default_factory=dict)
    unexplained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rebuilds: int = 0


def diagnose(
    first: Trees,
    moved: Trees | None,
    *,
    rebuild: Rebuild,
    factors: Collection[str],
    budget_seconds: float,
) -> Diagnosis:
    """Find why a build (`first`) and its rebuild with all factors moved differ.

    `moved` is None if the builder failed then. The search ends after `budget_seconds`, with what
    it has found by then.

    Raises:
        ToolError: Nix could not work, or a tree cannot be read.

    """
    keys = [FAILURE] if moved is None else list(changed(first, moved))
    hints = {} if moved is None else _hints(first, moved, keys)
    run = _Run(rebuild=rebuild, until=time.monotonic() + budget_seconds, hints=hints)
    search = Search(keys, factors, hints)
    run.go(search)
    return run.diagnosis(search, keys)


def _hints(first: Trees, moved: Trees, keys: Iterable[Key]) -> dict[Key, list[str]]:
    return {
        key: suspects(changes(first, moved, key, _MOST_SUSPECTED))
        for key in islice(keys, _MOST_FILES_READ)
    }


@dataclass(slots=True, kw_only=True)
class _Run:
    """The rebuilds of one search. `reference` is the first one, with everything pinned."""

    rebuild: Rebuild
    until: float
    hints: Mapping[Key, Collection[str]]
    rebuilds: int = 0
    reference: Trees = field(default_factory=dict)
    again: dict[Key, Trees] = field(default_factory=dict)
    masks: dict[Key, frozenset[str] | None] = field(default_factory=dict)
    rebuilt: dict[Plan, Trees] = field(default_factory=dict)
    begun: float = field(default_factory=time.time)

    def go(self, search: Search) -> None:
        """Run what the search plans until it ends or the time is over."""
        steps = search.steps()
        outcome: Outcome | None = None
        while time.monotonic() < self.until:
            try:
                plan = next(steps) if outcome is None else steps.send(outcome)
            except StopIteration:
                return
            outcome = self._outcome(plan)

    def _outcome(self, plan: Plan) -> Outcome:
        found = self.rebuild(plan)
        self.rebuilds += 1
        if found is None:
            return Outcome(failed=True)
        if not self.reference:
            self.reference = found
            return Outcome()
        differing = frozenset(
            key for key in changed(self.reference, found) if self._counts(key, found)
        )
        if plan.moved:
            self.rebuilt[plan] = found
        else:
            self.masks |= {key: self._mask(key, found) for key in differing}
        return Outcome(changed=differing)

    def _counts(self, key: Key, found: Trees) -> bool:
        """Tell whether more of a file changed than what varies with everything pinned."""
        mask = self.masks.get(key, frozenset())
        return mask is not None and (not mask or not self._fields(key, found) <= mask)

    def _mask(self, key: Key, found: Trees) -> frozenset[str] | None:
        """Return the fields that vary with everything pinned; None where a race moves any."""
        self.again[key] = found
        return None if self._kind(key) == RACE else self._fields(key, found)

    def _fields(self, key: Key, found: Trees) -> frozenset[str]:
        differing = changes(self.reference, found, key, _MOST_CHANGES)
        return frozenset(change.field for change in differing)

    def diagnosis(self, search: Search, keys: Collection[Key]) -> Diagnosis:
        """Return what was found, the cause of most files first."""
        found = search.found
        known: dict[str, list[Cause]] = {}
        for names in sorted(found.causes, key=lambda one: self._rank(found, one)):
            moved = found.causes[names]
            trees_of = self.rebuilt.get(found.plans[names])
            for output in sorted({output for output, _ in moved}):
                own = sorted(key for key in moved if key[0] == output)
                known.setdefault(output, []).append(self._cause(names, own, trees_of))
        for kind, own in self._unstable(found.unstable).items():
            known.setdefault(kind[0], []).append(self._unstable_cause(kind[1], own))
        missed: dict[str, list[str]] = {}
        for output, path in found.unexplained(keys):
            missed.setdefault(output, []).append(path)
        return Diagnosis(
            causes={output: tuple(causes) for output, causes in known.items()},
            unexplained={output: tuple(paths) for output, paths in missed.items()},
            rebuilds=self.rebuilds,
        )

    def _rank(self, found: Found, names: frozenset[str]) -> tuple[int, bool]:
        """Order causes by the number of files, and where that is the same by what bytes show."""
        hinted = any(names & set(hints) for hints in self.hints.values())
        return -len(found.causes[names]), not hinted

    def _cause(self, names: frozenset[str], keys: list[Key], moved: Trees | None) -> Cause:
        ordered = [name for name in NAMES if name in names]
        if keys == [FAILURE]:
            said = advice(ordered, ())
            title = f"the builder fails when {' and '.join(ordered)} is moved"
            return Cause(
                factor=" + ".join(ordered), title=title, remedy=said.remedy, files=0, evidence=()
            )
        every = [self._changes(key, moved or {}) for key in keys[:_MOST_EVIDENCE]]
        evidence = [
            one
            for key, found in zip(keys, every, strict=False)
            for one in _evidence(key, found, _share(keys))
        ]
        said = advice(ordered, [f"{one.path}: {one.field}" for one in evidence])
        is_dump = any(map(is_environment_dump, every))
        return Cause(
            factor=" + ".join(ordered),
            title="variables of the environment are in the output" if is_dump else said.title,
            remedy=said.remedy,
            files=len(keys),
            evidence=tuple(evidence),
        )

    def _unstable(self, keys: Iterable[Key]) -> dict[tuple[str, str], list[Key]]:
        kinds: dict[tuple[str, str], list[Key]] = {}
        for key in sorted(keys):
            kinds.setdefault((key[0], self._kind(key)), []).append(key)
        return kinds

    def _kind(self, key: Key) -> str:
        found = changes(self.reference, self.again[key], key, _MOST_CHANGES)
        kind = instability(found, Span(first=self.begun, second=time.time()))
        return RACE if kind == HOST_STATE and "schedule" in self.hints.get(key, ()) else kind

    def _unstable_cause(self, kind: str, keys: list[Key]) -> Cause:
        evidence = [
            one
            for key in keys[:_MOST_EVIDENCE]
            for one in _evidence(
                key, changes(self.reference, self.again[key], key, _MOST_EVIDENCE), _share(keys)
            )
        ]
        said = advice([kind], [f"{one.path}: {one.field}" for one in evidence])
        return Cause(
            factor=kind,
            title=said.title,
            remedy=said.remedy,
            files=len(keys),
            evidence=tuple(evidence),
        )

    def _changes(self, key: Key, moved: Trees) -> list[Change]:
        """Return what a cause changes in a file, without what varies anyway."""
        mask = self.masks.get(key) or ()
        found = changes(self.reference, moved, key, _MOST_CHANGES)
        return [change for change in found if change.field not in mask]


def _share(keys: Sequence[Key]) -> int:
    """Return how many pieces of evidence each of the first files gives."""
    return max(1, _MOST_EVIDENCE // len(keys))


def _evidence(key: Key, found: Iterable[Change], most: int) -> list[Evidence]:
    """Return the first changes of a file as evidence."""
    return [
        Evidence(
            output=key[0],
            path=key[1],
            field=change.field,
            first=change.first,
            second=change.second,
            offset=change.offset,
        )
        for change in islice(found, most)
    ]
