"""Find what moves files: plan the next rebuild from the outcomes so far.

The search is a generator: it yields plans, is sent what each rebuild changed, and returns what it
found. What it claims was tested: a factor is a cause of a file only if moving it alone, with all
others pinned, changed the file; factors that act only together are found as one cause.

Steps: pin everything; move all but the suspected factors; move each suspect alone; halve the rest
for what is not explained yet. Where something moved unexpectedly, pin everything a second time, to
tell what is not stable by itself. Every outcome counts for every file, and what follows from
earlier outcomes is not asked again (a set without effect has no subset with one).
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

Key = tuple[str, str]
"""An output's name and a path below it; a directory's entries have its path with "/" behind."""

FAILURE: Key = ("", "")
"""Stands for the builder's failing, as if that were a file that changes."""
VARIANTS = 3
"""How many other values a moved factor has: one alone can by chance do what the pinned one does."""
_MOST_SUSPECTS = 5
_MOST_DOUBTS = 4
_MOST_CAUSES = 6
_SCHEDULE = "schedule"
_LAYOUT = "address-layout"
_REORDERING = frozenset(["hash-seed", "directory-order", _LAYOUT])
_SHIFTING = frozenset(
    [
        "build-directory",
        "cores",
        "cpus",
        "directory-order",
        "hash-seed",
        "home",
        "instruction-set",
        "locale",
        "threads",
        "time-zone",
    ]
)
_LIKELIEST = (
    "clock",
    "random",
    "hash-seed",
    "directory-order",
    "build-directory",
    "address-layout",
    "umask",
    "schedule",
    "cpus",
    "instruction-set",
    "threads",
    "time-zone",
    "host",
    "home",
    "cores",
    "locale",
    "monotonic",
)


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
    files of which the outcome says nothing.
    """

    changed: frozenset[Key] = frozenset()
    failed: bool = False
    unsure: frozenset[Key] = frozenset()


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


Steps = Generator[Plan, Outcome, None]
_Asked = Generator[Plan, Outcome, bool]


class Search:
    """One search. `steps()` is to be run; `found` grows meanwhile, so that it can be stopped."""

    def __init__(
        self,
        keys: Collection[Key],
        factors: Collection[str],
        suspects: Mapping[Key, Collection[str]],
    ) -> None:
        """Prepare to explain `keys`.

        `suspects` are the factors that the bytes of a file speak for.
        """
        self.found = Found()
        self._keys = list(keys)
        self._factors = tuple(name for name in _LIKELIEST if name in factors)
        self._suspects = suspects
        self._known: list[tuple[Plan, Outcome]] = []
        self._doubts = 0

    def steps(self) -> Steps:
        """Yield plans until every key is explained or nothing is left to ask.

        The first plan's outcome is that of the reference: nothing but `failed` is looked at.
        """
        reference = yield Plan(moved=frozenset())
        if reference.failed:
            return
        suspects = self._suspected()
        rest = self._without(suspects)
        doubtful = not suspects
        if suspects:
            yield from self._run(Plan(moved=frozenset(rest), pause=True))
            doubtful = any(self._answer(key, rest, 0) for key in self._keys)
        if doubtful:
            yield from self._settle()
        for suspect in suspects:
            yield from self._ask_alone(suspect)
        for variant in range(VARIANTS):
            for key in tuple(self._keys):
                yield from self._explain(key, variant)
            if not doubtful and not self._has_all():
                yield from self._settle()
                doubtful = True
            if self._has_all():
                return

    def _suspected(self) -> list[str]:
        counts = Counter(name for key in self._keys for name in set(self._suspects.get(key, ())))
        ranked = [name for name, _ in counts.most_common() if name in self._factors]
        return sorted(ranked[:_MOST_SUSPECTS], key=lambda name: name != _SCHEDULE)

    def _without(self, names: Collection[str]) -> tuple[str, ...]:
        return tuple(name for name in self._factors if name not in names)

    def _settle(self) -> Steps:
        """Pin everything again: what changes now is not stable by itself."""
        outcome = yield Plan(moved=frozenset(), pause=True)
        self.found.unstable |= outcome.changed
        for moved in self.found.causes.values():
            moved.difference_update(outcome.changed)
        self._drop_empty()
        self._known = [
            (plan, replace(known, changed=known.changed - outcome.changed, unsure=outcome.changed))
            for plan, known in self._known
        ]

    def _has_all(self) -> bool:
        return not self.found.unexplained(self._keys)

    def _run(self, plan: Plan) -> Steps:
        outcome = yield plan
        if outcome.failed:
            keys = frozenset(self._keys) - {FAILURE}
            outcome = Outcome(changed=frozenset([FAILURE]), unsure=keys)
            self._keys += [] if FAILURE in self._keys else [FAILURE]
        self._known.append((plan, outcome))

    def _answer(self, key: Key, moved: Collection[str], variant: int) -> bool | None:
        """Return what earlier outcomes say of moving a set, or None."""
        wanted = frozenset(moved)
        for plan, outcome in self._known:
            if plan.variant == variant and key not in outcome.unsure:
                if key not in outcome.changed and wanted <= plan.moved:
                    return False
                if key in outcome.changed and plan.moved == wanted:
                    return True
        return None if wanted else False

    def _ask(self, key: Key, moved: Collection[str], variant: int) -> _Asked:
        known = self._answer(key, moved, variant)
        if known is None:
            yield from self._run(Plan(moved=frozenset(moved), variant=variant))
            known = key in self._known[-1][1].changed
        return known

    def _ask_alone(self, suspect: str) -> Steps:
        """Move one suspect; whatever it changes has a cause."""
        yield from self._run(Plan(moved=frozenset([suspect])))
        for key in self._keys:
            if key in self._known[-1][1].changed:
                self._name(key, frozenset([suspect]), 0)

    def _name(self, key: Key, cause: frozenset[str], variant: int) -> None:
        if cause <= _REORDERING and _SCHEDULE in self._causes_of(key):
            return
        if cause == {_LAYOUT}:
            self._leave_out(key, _SHIFTING)
        self.found.causes.setdefault(cause, set()).add(key)
        self.found.plans.setdefault(cause, Plan(moved=cause, variant=variant))

    def _leave_out(self, key: Key, names: Collection[str]) -> None:
        """Forget causes of a file that the bytes did not speak for."""
        for cause, keys in self.found.causes.items():
            if cause <= frozenset(names) - set(self._suspects.get(key, ())):
                keys.discard(key)
        self._drop_empty()

    def _drop_empty(self) -> None:
        self.found.causes = {cause: keys for cause, keys in self.found.causes.items() if keys}

    def _causes_of(self, key: Key) -> set[str]:
        return {name for cause, keys in self.found.causes.items() if key in keys for name in cause}

    def _explain(self, key: Key, variant: int) -> Steps:
        """Find the causes of one file, one after the other, until the rest has no effect."""
        if variant and (self._causes_of(key) or key in self.found.unstable):
            return
        while len(causes := self._causes_of(key)) < _MOST_CAUSES:
            rest = self._without(causes)
            rest = self._meaningful(key, rest, causes)
            if not rest or not (yield from self._ask(key, rest, variant)):
                return
            cause = yield from self._narrow(key, rest, variant)
            self._name(key, cause, variant)
            if not cause & set(self._suspects.get(key, ())):
                yield from self._doubt(key)

    def _meaningful(
        self, key: Key, rest: tuple[str, ...], causes: Collection[str]
    ) -> tuple[str, ...]:
        """Leave out what is no cause of its own beside those that a file has.

        In a race everything seems to move a file. Where memory is in the output, so does all that
        changes the size of something in memory, and with it the addresses behind.
        """
        suspects = self._suspects.get(key, ())
        if _SCHEDULE in causes:
            return tuple(name for name in rest if name in suspects and name not in _REORDERING)
        if _LAYOUT in causes:
            return tuple(name for name in rest if name in suspects or name not in _SHIFTING)
        return rest

    def _doubt(self, key: Key) -> Steps:
        """Pin everything again where a file gets one cause after the other that nothing spoke for.

        A race that seldom shows looks like that.
        """
        if len(self._causes_of(key)) > 1 and self._doubts < _MOST_DOUBTS:
            self._doubts += 1
            yield from self._settle()

    def _narrow(
        self, key: Key, among: Sequence[str], variant: int
    ) -> Generator[Plan, Outcome, frozenset[str]]:
        """Return a smallest set of `among`, which has an effect, that has one, too."""
        left = tuple(among)
        while len(left) > 1:
            half, other = _halved(left)
            left = half if (yield from self._ask(key, half, variant)) else other
        if (yield from self._ask(key, left, variant)):
            return frozenset(left)
        return frozenset((yield from self._needed(key, (), tuple(among), variant)))

    def _needed(
        self, key: Key, kept: tuple[str, ...], among: tuple[str, ...], variant: int
    ) -> Generator[Plan, Outcome, tuple[str, ...]]:
        """Return a smallest part of `among` that has an effect beside `kept` (QuickXplain).

        Junker, "QuickXplain: preferred explanations and relaxations", AAAI 2004.
        """
        if kept and (yield from self._ask(key, kept, variant)):
            return ()
        if len(among) == 1:
            return among
        half, other = _halved(among)
        second = yield from self._needed(key, kept + half, other, variant)
        first = yield from self._needed(key, kept + second, half, variant)
        return first + second


def _halved(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Halve by likelihood: the likeliest names, which come first, make the smaller part."""
    size = max(1, len(names) * 2 // 5)
    return names[:size], names[size:]
