"""Run the search for causes: rebuild as it plans, compare trees, take evidence from the bytes.

Trees are compared on disk and read by mapping them into memory, so that large outputs cost little.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from harness.formats.change import Change, Place
from harness.verify.changes import (
    Trees,
    are_shuffled,
    changed,
    changes,
    explained,
    order,
    short_contents,
)
from harness.verify.core.causes.cause import Cause
from harness.verify.core.causes.named import MOST_EVIDENCE, by_kind, by_output, is_weak, named
from harness.verify.core.causes.plan import FAILURE, Key, Outcome, Plan
from harness.verify.core.causes.search import Search
from harness.verify.core.factors.rows import registered
from harness.verify.core.hints import (
    FILE_TIME,
    HOST_STATE,
    RACE,
    Hint,
    is_count,
    is_environment_dump,
    is_order_only,
    is_own,
    is_reading,
    is_reordered,
    is_vague,
    racing,
    steady,
    suspects,
)
from harness.verify.core.instability import (
    DIGEST,
    NEW_TIME,
    REAL_TIME,
    UNSTABLE,
    Span,
    instabilities,
)
from harness.verify.core.shapes import Pairing
from harness.verify.core.steady import beside_order, is_beyond, is_text

Rebuild = Callable[[Plan], Trees | None]
"""Returns the trees of a rebuild, or None if the builder failed."""

_MOST_CHANGES = 500
_MOST_FILES_READ = 300
_MOST_SUSPECTED = 500
_RACING = frozenset(["schedule"])
"""What these change in one rebuild they need not change in another."""


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
    run = _Run(
        rebuild=rebuild,
        until=time.monotonic() + budget_seconds,
        original=(first, moved or {}),
        unreached=frozenset(unreached),
        gives_file_times=FILE_TIME not in factors,
    )
    keys = [FAILURE] if moved is None else list(changed(first, moved, run.pairings))
    run.look_at(keys)
    doubtful = [key for key in keys if run.is_doubtful(key)]
    search = Search(keys, factors, run.hints, doubtful)
    run.go(search)
    return run.diagnosis(search, keys)


@dataclass(slots=True, kw_only=True)
class _Run:
    """The rebuilds of one search, and the two `original` builds that differ.

    `pinned` are the rebuilds with everything pinned, the first of which is the reference; `pairs`
    are two rebuilds that show of a file that it varies, `kinds` why, and `masks` in which fields.
    What is `exchanging` has the contents of one another, and is taken for one. With
    `gives_file_times` the kernel's times of files are as they are.
    """

    rebuild: Rebuild
    until: float
    original: tuple[Trees, Trees]
    unreached: frozenset[str]
    gives_file_times: bool
    hints: dict[Key, list[Hint]] = field(default_factory=dict)
    dumps: set[Key] = field(default_factory=set)
    vague: set[Key] = field(default_factory=set)
    exchanging: frozenset[Key] = frozenset()
    watched: list[Key] = field(default_factory=list)
    rebuilds: int = 0
    pairings: dict[str, Pairing] = field(default_factory=dict)
    pinned: list[Trees] = field(default_factory=list)
    pairs: dict[Key, tuple[Trees, Trees]] = field(default_factory=dict)
    kinds: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    masks: dict[Key, frozenset[Place]] = field(default_factory=dict)
    rebuilt: dict[Plan, list[Trees]] = field(default_factory=dict)
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
            if is_vague(found, self.begun):
                self.vague.add(key)
            if len(found) == 1 and all(len(hint) > 1 for hint in self.hints[key]):
                silent[key] = found
        if is_reordered([change for found in silent.values() for change in found]):
            self.exchanging = frozenset(silent)
            self.hints |= {key: [racing()] for key in silent}

    def shows_real_time(self, key: Key) -> bool:
        """Return whether a file shows the real time though the clock was moved."""
        return (FILE_TIME,) in self.hints.get(key, ())

    def is_doubtful(self, key: Key) -> bool:
        """Return whether a file's bytes speak for its varying by itself."""
        hints = self.hints.get(key, ())
        return self.shows_real_time(key) or (HOST_STATE,) in hints or key in self.vague

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
        if not self.pinned:
            self.pinned.append(found)
            return Outcome()
        before = [] if plan.moved == _RACING else self.rebuilt.get(plan, [])
        every = frozenset(changed(self.pinned[0], found, self.pairings))
        differing = frozenset(key for key in every if self._counts(key, [*before, found]))
        if not differing.isdisjoint(self.exchanging):
            differing |= self.exchanging
        if plan.moved:
            self.rebuilt[plan] = [*before, found]
            return Outcome(changed=differing)
        self.pinned.append(found)
        self._mask(every | self.exchanging if differing & self.exchanging else every, found)
        beyond = {
            plan: frozenset(key for key in self.kinds if self._counts(key, trees))
            for plan, trees in self.rebuilt.items()
        }
        return Outcome(changed=differing | every, beyond=beyond)

    def _counts(self, key: Key, rebuilds: Sequence[Trees]) -> bool:
        """Return whether all rebuilds change more of a file than varies with everything pinned.

        What is steady in it is held against that: words that stand elsewhere in a race, or places.
        """
        is_plain = key not in self.kinds and key not in self.dumps
        if is_plain and (len(rebuilds) == 1 or key in self.exchanging):
            return True
        if key in self.exchanging or (key in self.kinds and not self._is_watched(key)):
            return False
        form, _ = explained(self.pinned[0], rebuilds[-1], key, 1)
        fields = [{change.place for change in self._changes(key, one)} for one in rebuilds]
        has_fields = bool(set.intersection(*fields))
        pinned, moved = (short_contents(some, key) for some in (self.pinned, rebuilds))
        if not pinned or not moved:
            return has_fields
        is_race = RACE in self.kinds.get(key, ())
        return is_beyond(form, pinned, moved, is_race=is_race, has_fields=has_fields)

    def _is_watched(self, key: Key) -> bool:
        """Return whether other causes of a file that varies are looked for: of some hundreds."""
        self.watched += [key] if len(self.watched) < _MOST_FILES_READ else []
        return key in self.watched

    def _mask(self, keys: Iterable[Key], found: Trees) -> None:
        """Note how files vary with everything pinned."""
        first = self.pinned[0]
        varying = {key: changes(first, found, key, _MOST_CHANGES) for key in keys}
        span = Span(first=self.begun, second=time.time())
        exchanged = is_reordered([change for some in varying.values() for change in some])
        for key, some in varying.items():
            kinds = self._kinds(key, some, span, (first, found))
            kinds = (RACE,) if exchanged or key in self.exchanging else kinds
            self.pairs[key] = (first, found)
            self.kinds[key] = tuple(dict.fromkeys([*self.kinds.get(key, ()), *kinds]))
            fields = frozenset(steady(change.place) for change in some)
            self.masks[key] = self.masks.get(key, frozenset()) | fields

    def _kinds(
        self, key: Key, some: Sequence[Change], span: Span, pair: tuple[Trees, Trees]
    ) -> tuple[str, ...]:
        """Return what a file that varies by itself is called, by the bytes of two rebuilds."""
        contents = short_contents(pair, key) if explained(*pair, key, 1)[0] == "text" else []
        ordered = bool(contents) and is_text(contents) and is_order_only(*contents)
        shown = [beside_order(*contents)] if ordered else some
        lines = contents[0].decode(errors="replace").split("\n") if contents else []
        return instabilities(
            shown, span, self.unreached, ordered=ordered, lines=[] if ordered else lines
        )

    def diagnosis(self, search: Search, keys: Collection[Key]) -> Diagnosis:
        """Return what was found: the cause of most files first, then what is most telling."""
        found = search.found
        missed = found.unexplained(keys)
        dated = [key for key in missed if self.shows_real_time(key)]
        kinds = self._named_kinds(found.unstable)
        kinds |= dict.fromkeys(dated, (self._real_time,))
        ranked = [
            *(
                (0, output, self._unstable_cause(kind, own))
                for (output, kind), own in by_kind(kinds)
            ),
            *(
                (1 + self._order(names, own), output, self._cause(names, own, found.plans[names]))
                for names, moved in found.causes.items()
                for (output, _), own in by_kind(dict.fromkeys(moved, ("",)))
            ),
        ]
        ranked.sort(key=lambda one: (is_weak(one[2]), -one[2].files, one[0]))
        return Diagnosis(
            causes=by_output((output, cause) for _, output, cause in ranked),
            unexplained=by_output(key for key in missed if key not in dated),
            rebuilds=self.rebuilds,
        )

    def _named_kinds(self, keys: Iterable[Key]) -> dict[Key, tuple[str, ...]]:
        """Return why files vary by themselves; digests vary as what they are digests of."""
        own = {key: self.kinds.get(key) or self._repeated(key) for key in keys}
        plain = {key: [kind for kind in kinds if kind != DIGEST] for key, kinds in own.items()}
        found = {}
        for key, kinds in own.items():
            others = [plain[one] for one in plain if one[0] == key[0] and one != key]
            echoed = [kind for some in others for kind in some] if DIGEST in kinds else []
            found[key] = tuple(
                self._real_time if kind == REAL_TIME else kind
                for kind in dict.fromkeys([*plain[key], *echoed] or [UNSTABLE])
            )
        return found

    def _repeated(self, key: Key) -> tuple[str, ...]:
        """Return why a file differs between two rebuilds with the same factors moved."""
        pairs = [(some[0], some[-1]) for some in self.rebuilt.values() if len(some) > 1]
        for pair in pairs:
            if found := changes(*pair, key, _MOST_CHANGES):
                self.pairs[key] = pair
                return self._kinds(key, found, Span(first=self.begun, second=time.time()), pair)
        return (UNSTABLE,)

    @property
    def _real_time(self) -> str:
        """What the real time is: a clock's, or perhaps a file's where those are as they are."""
        return NEW_TIME if self.gives_file_times and "clock" not in self.unreached else REAL_TIME

    def _order(self, names: frozenset[str], keys: Iterable[Key]) -> int:
        """Return the place of a cause: what the bytes speak for comes first."""
        hints = (hint for key in keys for hint in self.hints.get(key, ()))
        unhinted = not any(names & set(hint) for hint in hints)
        telling = registered().telling
        return min(map(telling.index, names)) + unhinted * len(telling)

    def _cause(self, names: frozenset[str], keys: Sequence[Key], plan: Plan) -> Cause:
        ordered = [name for name in registered().names if name in names]
        if keys == [FAILURE]:
            title = f"the builder fails when {' and '.join(ordered)} is moved"
            return named(ordered, [], (), title=title)
        moved = self.rebuilt.get(plan, [{}])[0]
        every = [self._shown(key, moved) for key in keys[:MOST_EVIDENCE]]
        return named(ordered, keys, every, is_dump=not self.dumps.isdisjoint(keys))

    def _shown(self, key: Key, moved: Trees) -> tuple[str, list[Change]]:
        form, _ = explained(self.pinned[0], moved, key, 1)
        return form, self._changes(key, moved)

    def _unstable_cause(self, kind: str, keys: Sequence[Key]) -> Cause:
        pairs = [self.pairs.get(key, self.original) for key in keys[:MOST_EVIDENCE]]
        every = [
            explained(*pair, key, _MOST_CHANGES) for pair, key in zip(pairs, keys, strict=False)
        ]
        span = Span(first=self.begun, second=time.time())
        shown, own = REAL_TIME if kind == NEW_TIME else kind, self.unreached
        telling = [
            (form, [one for one in some if shown in instabilities([one], span, own)] or some)
            for form, some in every
        ]
        return named([kind], keys, telling)

    def _changes(self, key: Key, moved: Trees) -> list[Change]:
        """Return what a cause changes in a file, without what varies anyway."""
        mask = self.masks.get(key, frozenset())
        found = changes(self.pinned[0], moved, key, _MOST_CHANGES)
        drifts = HOST_STATE in self.kinds.get(key, ())
        return [
            change
            for change in found
            if steady(change.place) not in mask
            and not (key in self.dumps and is_own(change))
            and not (drifts and is_reading(change) and not is_count(change))
        ]
