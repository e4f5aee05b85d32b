"""Run the search for causes: rebuild as it plans, compare trees, take evidence from the bytes.

Trees are compared on disk and read by mapping them into memory, so that large outputs cost little.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from harness.core.cause import Cause, Evidence
from harness.core.diagnose import FAILURE, TELLING, Key, Outcome, Plan, Search
from harness.core.factor import NAMES
from harness.core.formats.change import Change
from harness.core.recognise import (
    FILE_TIME,
    HOST_STATE,
    RACE,
    RACING,
    Hint,
    Span,
    instability,
    is_environment_dump,
    is_reading,
    is_reordered,
    suspects,
)
from harness.core.remedy import advice
from harness.flows.changes import Trees, are_shuffled, changed, changes, order

Rebuild = Callable[[Plan], Trees | None]
"""Returns the trees of a rebuild, or None if the builder failed."""

_MOST_EVIDENCE = 5
_MOST_CHANGES = 500
_MOST_FILES_READ = 300
_MOST_SUSPECTED = 500
_OPAQUE = frozenset([RACE, "random"])
"""What may change any field of a file."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The causes of each output's differences, and the files that none of them moves."""

    causes: Mapping[str, tuple[Cause, ...]] = field(default_factory=dict)
    unexplained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rebuilds: int = 0


def diagnose(
    builds: tuple[Trees, Trees | None],
    *,
    rebuild: Rebuild,
    factors: Collection[str],
    budget_seconds: float,
    unreached: Collection[str] = (),
) -> Diagnosis:
    """Find why a build and its rebuild with all factors moved differ.

    The second of `builds` is None if the builder failed. The search ends after `budget_seconds`,
    with what it has found by then. `unreached` are factors that did not reach the build's programs:
    what only they can be is named without being tested.

    Raises:
        ToolError: Nix could not work, or a tree cannot be read.

    """
    first, moved = builds
    keys = [FAILURE] if moved is None else list(changed(first, moved))
    run = _Run(
        rebuild=rebuild,
        until=time.monotonic() + budget_seconds,
        original=(first, moved or {}),
        unreached=frozenset(unreached),
    )
    run.look_at(keys)
    doubtful = [key for key in keys if run.is_doubtful(key)]
    search = Search(keys, factors, run.hints, doubtful)
    run.go(search)
    return run.diagnosis(search, keys)


@dataclass(slots=True, kw_only=True)
class _Run:
    """The rebuilds of one search, and the two `original` builds that differ.

    `reference` is the first rebuild, with everything pinned; `again` the other such rebuilds in
    which a file was not the same, `kinds` why, and `masks` the fields that were not the same.
    What is `exchanging` has the contents of one another, and is taken for one.
    """

    rebuild: Rebuild
    until: float
    original: tuple[Trees, Trees]
    unreached: frozenset[str]
    hints: dict[Key, list[Hint]] = field(default_factory=dict)
    dumps: set[Key] = field(default_factory=set)
    exchanging: frozenset[Key] = frozenset()
    rebuilds: int = 0
    reference: Trees = field(default_factory=dict)
    again: dict[Key, Trees] = field(default_factory=dict)
    kinds: dict[Key, str] = field(default_factory=dict)
    masks: dict[Key, frozenset[str]] = field(default_factory=dict)
    rebuilt: dict[Plan, Trees] = field(default_factory=dict)
    begun: float = field(default_factory=time.time)

    def look_at(self, keys: Iterable[Key]) -> None:
        """Read what the bytes of differing files speak for."""
        silent: dict[Key, list[Change]] = {}
        for key in islice(keys, _MOST_FILES_READ):
            found = changes(*self.original, key, _MOST_SUSPECTED)
            ordered = order(*self.original, key)
            spoken = [] if are_shuffled(*self.original, key) else suspects(found, self.begun)
            self.hints[key] = [*([ordered] if ordered else []), *spoken]
            if is_environment_dump(found):
                self.dumps.add(key)
            if len(found) == 1 and all(len(hint) > 1 for hint in self.hints[key]):
                silent[key] = found
        if is_reordered([change for found in silent.values() for change in found]):
            self.exchanging = frozenset(silent)
            self.hints |= {key: [RACING] for key in silent}

    def shows_real_time(self, key: Key) -> bool:
        """Tell whether a file shows the real time though the clock was moved."""
        return (FILE_TIME,) in self.hints.get(key, ())

    def is_doubtful(self, key: Key) -> bool:
        """Tell whether a file's bytes speak for its varying by itself."""
        return self.shows_real_time(key) or (HOST_STATE,) in self.hints.get(key, ())

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
        if not differing.isdisjoint(self.exchanging):
            differing |= self.exchanging
        if plan.moved:
            self.rebuilt[plan] = found
            return Outcome(changed=differing)
        self._mask(differing, found)
        beyond = {
            plan: frozenset(key for key in differing if self._counts(key, trees))
            for plan, trees in self.rebuilt.items()
        }
        return Outcome(changed=differing, beyond=beyond)

    def _counts(self, key: Key, found: Trees) -> bool:
        """Tell whether more of a file changed than what varies with everything pinned.

        In a race, that is more than the order; unless another than the order varies, too.
        """
        if key not in self.again:
            return True
        if self.kinds[key] in _OPAQUE:
            again = self.again[key]
            is_order = key not in self.exchanging and are_shuffled(self.reference, again, key)
            return is_order and not are_shuffled(self.reference, found, key)
        return bool(self._changes(key, found))

    def _mask(self, keys: Collection[Key], found: Trees) -> None:
        """Note how files vary with everything pinned."""
        varying = {key: changes(self.reference, found, key, _MOST_CHANGES) for key in keys}
        span = Span(first=self.begun, second=time.time())
        exchanged = is_reordered([change for some in varying.values() for change in some])
        for key, some in varying.items():
            kind = instability(some, span, self.unreached)
            racing = exchanged or any("schedule" in hint for hint in self.hints.get(key, ()))
            self.again[key] = found
            self.kinds[key] = RACE if kind == HOST_STATE and racing else kind
            fields = frozenset(change.field for change in some)
            self.masks[key] = self.masks.get(key, frozenset()) | fields

    def diagnosis(self, search: Search, keys: Collection[Key]) -> Diagnosis:
        """Return what was found: the cause of most files first, then what is most telling."""
        found = search.found
        missed = found.unexplained(keys)
        dated = [key for key in missed if self.shows_real_time(key)]
        kinds = {key: self.kinds[key] for key in found.unstable}
        kinds |= {key: self._named_time() for key in dated}
        ranked = [
            *((0, output, self._unstable_cause(kind, own)) for (output, kind), own in _by(kinds)),
            *(
                (1 + self._order(names, own), output, self._cause(names, own, found.plans[names]))
                for names, moved in found.causes.items()
                for (output, _), own in _by(dict.fromkeys(moved, ""))
            ),
        ]
        ranked.sort(key=lambda one: (-one[2].files, one[0]))
        return Diagnosis(
            causes=_grouped((output, cause) for _, output, cause in ranked),
            unexplained=_grouped(key for key in missed if key not in dated),
            rebuilds=self.rebuilds,
        )

    def _named_time(self) -> str:
        return "clock" if "clock" in self.unreached else FILE_TIME

    def _order(self, names: frozenset[str], keys: Iterable[Key]) -> int:
        """Return the place of a cause: what the bytes speak for comes first."""
        hints = (hint for key in keys for hint in self.hints.get(key, ()))
        unhinted = not any(names & set(hint) for hint in hints)
        return min(map(TELLING.index, names)) + unhinted * len(TELLING)

    def _cause(self, names: frozenset[str], keys: Sequence[Key], plan: Plan) -> Cause:
        ordered = [name for name in NAMES if name in names]
        if keys == [FAILURE]:
            title = f"the builder fails when {' and '.join(ordered)} is moved"
            return _named(ordered, [], (), title=title)
        moved = self.rebuilt.get(plan, {})
        every = [self._changes(key, moved) for key in keys[:_MOST_EVIDENCE]]
        is_dump = not self.dumps.isdisjoint(keys)
        title = "variables of the environment are in the output" if is_dump else ""
        return _named(ordered, keys, every, title=title)

    def _unstable_cause(self, kind: str, keys: Sequence[Key]) -> Cause:
        pairs = [
            (self.reference, self.again[key]) if key in self.again else self.original
            for key in keys[:_MOST_EVIDENCE]
        ]
        every = [
            changes(*pair, key, _MOST_EVIDENCE) for pair, key in zip(pairs, keys, strict=False)
        ]
        return _named([kind], keys, every)

    def _changes(self, key: Key, moved: Trees) -> list[Change]:
        """Return what a cause changes in a file, without what varies anyway."""
        mask = self.masks.get(key, frozenset())
        found = changes(self.reference, moved, key, _MOST_CHANGES)
        drifts = self.kinds.get(key) == HOST_STATE
        return [
            change
            for change in found
            if change.field not in mask and not (drifts and is_reading(change))
        ]


def _by(kinds: Mapping[Key, str]) -> list[tuple[tuple[str, str], list[Key]]]:
    """Return files by output and kind."""
    found: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(kinds):
        found.setdefault((key[0], kinds[key]), []).append(key)
    return list(found.items())


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def _named(
    names: Sequence[str], keys: Sequence[Key], every: Sequence[Sequence[Change]], title: str = ""
) -> Cause:
    """Return a cause with the first of the changes that it makes in each of its first files."""
    evidence = [
        Evidence(
            output=output,
            path=path,
            field=change.field,
            first=change.first,
            second=change.second,
            offset=change.offset,
        )
        for (output, path), found in zip(keys, every, strict=False)
        for change in found[: max(1, _MOST_EVIDENCE // len(keys))]
    ]
    said = advice(names, [f"{one.path}: {one.field}" for one in evidence])
    return Cause(
        factor=" + ".join(names),
        title=title or said.title,
        remedy=said.remedy,
        files=len(keys),
        evidence=tuple(evidence),
    )
