"""Find what moves files: plan the next rebuild from the outcomes so far.

The search is a generator: it yields plans, is sent what each rebuild changed, and returns what it
found. What it claims was tested: a factor is a cause of a file only if moving it alone, with all
others pinned, changed the file; factors that act only together are found as one cause.

Steps: pin everything; move alone what the bytes speak for; move all the rest; halve that for what
is not explained yet. Where a file changed in every rebuild so far, pin everything a second time, to
tell what is not stable by itself. Every outcome counts for every file, and what follows from
earlier outcomes is not asked again (a set without effect has no subset with one).
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.verify.core.causes.plan import FAILURE, Found, Key, Outcome, Plan
from harness.verify.core.factors.rows import registered

VARIANTS = 3
"""How many other values a moved factor has: one alone can by chance do what the pinned one does."""
_MOST_ALONE = 10
_MOST_DOUBTS = 4
_MOST_CONFIRMED = 6
_MOST_BESIDE = 2
_MOST_CAUSES = 10
_SCHEDULE = "schedule"
_LAYOUT = "address-layout"

Steps = Generator[Plan, Outcome, None]
_Asked = Generator[Plan, Outcome, bool]


class Search:
    """One search. `steps()` is to be run; `found` grows meanwhile, so that it can be stopped."""

    def __init__(
        self,
        keys: Collection[Key],
        factors: Collection[str],
        suspects: Mapping[Key, Sequence[Sequence[str]]],
        doubtful: Collection[Key] = (),
    ) -> None:
        """Prepare to explain `keys`.

        `suspects` are what the bytes of a file speak for: groups of factors, of each of which one
        is likely to be a cause, the likeliest first. `doubtful` are files whose bytes speak for
        their not being stable by themselves.
        """
        self.found = Found()
        self._keys = list(keys)
        self._factors = tuple(name for name in registered().likeliest if name in factors)
        self._suspects = suspects
        self._doubtful = set(doubtful)
        self._known: list[tuple[Plan, Outcome]] = []
        self._doubts = 0
        self._settled = False

    def steps(self) -> Steps:
        """Yield plans until every key is explained or nothing is left to ask.

        The first plan's outcome is that of the reference: nothing but `failed` is looked at.
        """
        reference = yield Plan(moved=frozenset())
        if reference.failed:
            return
        if self._doubtful:
            yield from self._settle()
        for _ in range(_MOST_ALONE):
            yield from self._settle_doubts(self._keys)
            if not (suspect := self._next_suspect()):
                break
            yield from self._ask_alone(suspect)
        for variant in range(VARIANTS):
            for key in self._keys:  # which may grow meanwhile
                yield from self._explain(key, variant)
            if not self._settled and not self._has_all():
                yield from self._settle()
            if self._has_all():
                break
        yield from self._race(self.found.unexplained(self._keys))
        yield from self._confirm()

    def _race(self, keys: Iterable[Key]) -> _Asked:
        """Move the schedule alone until each of `keys` has changed: a race shows now and then."""
        missed = set(keys)
        for variant in range(VARIANTS):
            if missed and _SCHEDULE in self._factors:
                yield from self._run([_SCHEDULE], variant)
                shown = self._known[-1][1].changed & missed
                for key in shown:
                    self._name(key, frozenset([_SCHEDULE]), variant)
                missed -= shown
        return not missed

    def _confirm(self) -> Steps:
        """Repeat what one rebuild alone speaks for: what varies by itself looks like that."""
        if not any(self._claims(cause) for cause in self.found.causes):
            return
        yield from self._settle()
        for cause in list(self.found.causes)[:_MOST_CONFIRMED]:
            claims = self._claims(cause)
            if claims:
                outcome = yield replace(self.found.plans[cause], pause=True)
                self._drop(cause, claims - outcome.changed)

    def _claims(self, cause: frozenset[str]) -> set[Key]:
        """Return the files of a cause whose bytes do not speak for it, or may vary by themselves.

        In a race everything seems to move a file.
        """
        keys = set() if _SCHEDULE in cause else self.found.causes.get(cause, set())
        racing = {
            key for one, some in self.found.causes.items() if _SCHEDULE in one for key in some
        }
        unsure = self._doubtful | self.found.unstable | racing
        return {
            key
            for key in keys
            if key != FAILURE and (key in unsure or not cause & self._speaks_for(key))
        }

    def _drop(self, cause: frozenset[str], keys: set[Key]) -> None:
        """Forget that a cause moves files which it did not move again: they vary by themselves."""
        self.found.causes[cause] -= keys
        self._drop_empty()
        self.found.unstable |= {key for key in keys if not self._causes_of(key)}

    def _next_suspect(self) -> str:
        """Return what most of the open groups of suspects begin with, of what was not asked."""
        votes = Counter(
            name
            for key in self._keys
            for group in self._suspects.get(key, ())
            if not self._causes_of(key) & set(group)
            if (name := self._first_unasked(key, group))
        )
        return max(votes, key=lambda name: votes[name], default="")

    def _first_unasked(self, key: Key, group: Iterable[str]) -> str:
        asked = (name for name in group if name in self._factors)
        return next((name for name in asked if self._answer(key, [name], 0) is None), "")

    def _without(self, names: Collection[str]) -> tuple[str, ...]:
        return tuple(name for name in self._factors if name not in names)

    def _speaks_for(self, key: Key) -> set[str]:
        return {name for group in self._suspects.get(key, ()) for name in group}

    def _settle_doubts(self, keys: Iterable[Key]) -> Steps:
        """Pin everything again if one of `keys` changed in all of several rebuilds."""
        if not self._settled and any(self._always_changed(key) for key in keys):
            yield from self._settle()

    def _always_changed(self, key: Key) -> bool:
        """Return whether a file changed in all rebuilds, one of which nothing spoke for."""
        seen = list(self._seen(key))
        spoken = self._speaks_for(key)
        return (
            len(seen) > 1
            and all(changed for _, changed in seen)
            and not all(plan.moved <= spoken for plan, _ in seen)
        )

    def _seen(self, key: Key) -> Iterator[tuple[Plan, bool]]:
        """Yield the plans that tell something of a file, and whether it changed."""
        for plan, known in self._known:
            if key not in known.unsure and (key == FAILURE or not known.failed):
                yield plan, key in known.changed

    def _settle(self) -> Steps:
        """Pin everything again: what changes now is not stable by itself."""
        self._settled = True
        outcome = yield Plan(moved=frozenset(), pause=True)
        varying = outcome.changed
        self.found.unstable |= varying
        for keys in self.found.causes.values():
            keys.difference_update(varying)
        self._drop_empty()
        self._known = [
            (plan, _beside(known, varying, outcome.beyond.get(plan))) for plan, known in self._known
        ]
        for plan, known in self._known:
            for key in known.changed & varying if len(plan.moved) == 1 else ():
                self._name(key, plan.moved, plan.variant)

    def _has_all(self) -> bool:
        return not self.found.unexplained(self._keys)

    def _run(self, moved: Iterable[str], variant: int = 0) -> Steps:
        """Rebuild; the first time in another second than the reference."""
        pause = not self._known and not self._settled
        plan = Plan(moved=frozenset(moved), variant=variant, pause=pause)
        outcome = yield plan
        if outcome.failed:
            outcome = Outcome(changed=frozenset([FAILURE]), failed=True)
            self._keys += [] if FAILURE in self._keys else [FAILURE]
        elif FAILURE in self._keys:
            self._keys += sorted(outcome.changed.difference(self._keys))
        self._known.append((plan, outcome))

    def _answer(self, key: Key, moved: Collection[str], variant: int) -> bool | None:
        """Return what earlier outcomes say of moving a set, or None."""
        wanted = frozenset(moved)
        for plan, changed in self._seen(key):
            if plan.variant == variant and not changed and wanted <= plan.moved:
                return False
            if plan.variant == variant and changed and plan.moved <= wanted:
                return True
        return None if wanted else False

    def _ask(self, key: Key, moved: Collection[str], variant: int) -> _Asked:
        known = self._answer(key, moved, variant)
        if known is None:
            yield from self._run(moved, variant)
            known = key in self._known[-1][1].changed
        return known

    def _ask_alone(self, suspect: str) -> Steps:
        """Move one suspect; whatever it changes has a cause."""
        yield from self._run([suspect])
        for key in self._keys:
            if key in self._known[-1][1].changed:
                self._name(key, frozenset([suspect]), 0)

    def _name(self, key: Key, cause: frozenset[str], variant: int) -> None:
        if cause <= registered().reordering and _SCHEDULE in self._causes_of(key):
            return
        if cause == {_LAYOUT}:
            self._leave_out(key, registered().shifting)
        self.found.causes.setdefault(cause, set()).add(key)
        shown = [plan for plan, known in self._known if key in known.changed]
        shown = [plan for plan in shown if cause <= plan.moved and plan.variant == variant]
        self.found.plans.setdefault(cause, min(shown, key=lambda plan: len(plan.moved)))

    def _leave_out(self, key: Key, names: Collection[str]) -> None:
        """Forget causes of a file that the bytes did not speak for."""
        for cause, keys in self.found.causes.items():
            if cause <= frozenset(names) - self._speaks_for(key):
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
            failing = self._causes_of(FAILURE)
            rest = self._meaningful(key, self._without(causes | failing), causes)
            if not rest or not (yield from self._ask_rest(key, rest, variant)):
                return
            yield from self._settle_doubts([key])
            if not (yield from self._ask(key, rest, variant)):
                return
            likely = tuple(name for name in rest if name in self._speaks_for(key))
            if likely and not (yield from self._ask(key, likely, variant)):
                likely = tuple(name for name in rest if name not in likely)
            cause = yield from self._narrow(key, likely or rest, rest, variant)
            self._name(key, cause, variant)
            if not cause & self._speaks_for(key):
                yield from self._doubt(key)
                if self._is_drifting(key):
                    self._leave_out(key, self._factors)
                    return

    def _ask_rest(self, key: Key, rest: tuple[str, ...], variant: int) -> _Asked:
        """Ask whether what is left has an effect, by one rebuild for all files if that will do.

        Beside a cause, factors that had no effect are taken to have none together.
        """
        if not self._causes_of(key):
            return (yield from self._ask(key, rest, variant))
        idle = [
            plan.moved
            for plan, changed in self._seen(key)
            if plan.variant == variant and not changed
        ]
        open_ = set(rest).difference(*idle)
        everywhere = {name for cause in self.found.causes for name in cause}
        shared = self._without(everywhere)
        if not open_:
            return False
        asked = shared if open_ <= set(shared) else rest
        return (yield from self._ask(key, asked, variant))

    def _meaningful(
        self, key: Key, rest: tuple[str, ...], causes: Collection[str]
    ) -> tuple[str, ...]:
        """Leave out what is not a cause of its own beside those that a file has.

        In a race everything seems to move a file. Where memory is in the output, so does all that
        changes the size of something in memory, and with it the addresses behind.
        """
        suspects = self._speaks_for(key)
        if _SCHEDULE in causes:
            return tuple(
                name for name in rest if name in suspects and name not in registered().reordering
            )
        if _LAYOUT in causes:
            return tuple(
                name for name in rest if name in suspects or name not in registered().shifting
            )
        return rest

    def _doubt(self, key: Key) -> Steps:
        """Pin everything again where a file gets one cause after the other that nothing spoke for.

        A race that seldom shows looks like that.
        """
        if len(self._causes_of(key)) > 1 and self._doubts < _MOST_DOUBTS:
            self._doubts += 1
            yield from self._settle()

    def _is_drifting(self, key: Key) -> bool:
        """Return whether a file that varies by itself gets one cause after the other besides."""
        causes = self._causes_of(key) - self._speaks_for(key)
        return key in self.found.unstable and len(causes) > _MOST_BESIDE

    def _narrow(
        self, key: Key, left: tuple[str, ...], among: tuple[str, ...], variant: int
    ) -> Generator[Plan, Outcome, frozenset[str]]:
        """Return a smallest set of `among`, which has an effect, that has one, too.

        A part, `left`, likely has it by itself. What else was moved when a race showed had no part
        in that, unless it makes more run at once.
        """
        while len(left) > 1:
            half, other = _halved(left)
            left = half if (yield from self._ask(key, half, variant)) else other
        if (yield from self._ask(key, left, variant)):
            return frozenset(left)
        if _SCHEDULE not in among:
            return frozenset((yield from self._needed(key, (), among, variant)))
        if (yield from self._race([key])):
            return frozenset([_SCHEDULE])
        needed = yield from self._needed(key, (), among, variant)
        return (
            frozenset(needed) & registered().side_by_side
            if _SCHEDULE in needed
            else frozenset(needed)
        )

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


def _beside(known: Outcome, varying: frozenset[Key], beyond: frozenset[Key] | None) -> Outcome:
    """Return an outcome without what varies by itself; that stays `unsure` if nothing is known."""
    if beyond is None:
        return replace(known, changed=known.changed - varying, unsure=known.unsure | varying)
    return replace(known, changed=known.changed - varying | beyond)


def _halved(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Halve by likelihood: the likeliest names, which come first, make the smaller part."""
    size = max(1, len(names) * 2 // 5)
    return names[:size], names[size:]
