"""Whether the candidate answers as production does: each field's difference, arm against arm.

Under the null the candidate is one more production arm, so that whichever of "candidate differs
from A more" and "B differs from A more" happens, each is as likely as the other. That is bet
against for each field in several ways: whether it is there at all and of its type and shape,
whether it is another value altogether, whether precision was lost, how far beyond tolerance it is,
and whether it stands out of all that production differs by from itself. Whether production ever
does need not be known: a difference that comes back each time the request is replayed soon has no
other explanation.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import IntEnum

from harness.shadow.core.answers.comparison import general, is_volatile
from harness.shadow.core.answers.levels import Difference, Kind, Level, Rules
from harness.shadow.core.evidence import exact
from harness.shadow.core.evidence.betting import BOLD, DOUBTFUL, GENTLE, Wealth, rarity
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.verdict import Judgement

MAX_FIELDS = 1_000
"""Fields with tests of their own; those that differ first are the first to have them."""
CONFIDENCE = 0.01
_OFTEN = 0.5
_TWICE = 2
"""How often production must differ from itself in a field that it is asked to declare."""
_FARTHER_PAYS = 2 / 3
"""Where both are noisy, the candidate may be the farther one in 60 % of all requests: its noise,
if normal, may have 1.6 times the spread of production's."""
_KNOWN = 50
"""Differences of production's own after which it is known how far they go."""
_FARTHEST = 1.5
_TIMES = 100
"""What stands out: so many times the largest before, or the other arm's in the same request."""

_TESTS = ("structure", "another", "precision", "distance", "stands_out")
"""How a field can differ from A's, as in `_Extent`; an outcome has no structure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How far one field of one arm is from A's, in each way it is tested for."""

    structure: bool = False
    another: bool = False
    precision: bool = False
    distance: float = 0.0
    stands_out: bool = False
    """Far beyond what production differs by from itself."""

    @property
    def differs(self) -> bool:
        """Whether it differs in any way that is tested."""
        return self.another or self.precision or self.distance > 0

    @property
    def gravity(self) -> int:
        """How gravely it differs: not, in value, as another value altogether, in structure."""
        return self.differs + self.another + self.structure


_NONE = _Extent()


def _extents(differences: list[Difference]) -> dict[str, _Extent]:
    found: dict[str, _Extent] = {}
    for each in differences:
        name, before = general(each.field), found.get(general(each.field), _NONE)
        beyond = each.distance if each.level is Level.BEYOND else 0.0
        found[name] = _Extent(
            structure=before.structure or (each.level is Level.STRUCTURE and bool(name)),
            another=before.another or each.level >= Level.LABEL,
            precision=before.precision or each.pattern is not None,
            distance=max(before.distance, beyond),
        )
    return found


@dataclass(slots=True)
class FieldTests:
    """The evidence on one field: the `order`-th, from 1, that differed between any two arms.

    The counts are of requests, not of replays, since it first differed: in which the candidate's,
    and production's, was another value than A's; in which production differed at all; and in which
    the field was there.
    """

    order: int
    wealth: dict[str, Wealth] = field(default_factory=dict)
    as_near: Wealth = field(default_factory=lambda: Wealth(GENTLE))
    candidate_differed: int = 0
    production_differed: int = 0
    noisy: int = 0
    present: int = 0
    _farthest: float = 0.0
    """The largest distance of the two production arms, of so many that are known."""
    _known: int = 0

    @property
    def share(self) -> float:
        """Its share of the stake; all shares add up to less than 1."""
        return 1 / (self.order * (self.order + 1))

    @property
    def value(self) -> float:
        """Its e-value; a test that has seen nothing keeps its stake."""
        held = sum(wealth.value for wealth in self.wealth.values())
        return (held + len(_TESTS) - len(self.wealth)) / len(_TESTS)

    @property
    def changes(self) -> bool:
        """Whether production itself has another value in most requests that have it."""
        return self.production_differed >= max(_TWICE, _OFTEN * self.present)

    @property
    def doubtful(self) -> bool:
        """Whether what is known by now speaks against the candidate, short of proving anything."""
        return any(wealth.value >= DOUBTFUL for wealth in self.wealth.values())

    def standing_out(
        self, candidate: _Extent, production: _Extent, fields: int
    ) -> tuple[_Extent, _Extent]:
        """Tell which of both is far beyond production's noise, in a request of so many fields.

        By what was known before this request, so that each of both is as likely to be.
        """
        far, near = candidate.distance, production.distance
        if not (far and near) or candidate.another or production.another:
            return candidate, production
        known = self._farthest * _FARTHEST if self._known >= _KNOWN else math.inf
        times = _TIMES * fields
        return (
            replace(candidate, stands_out=far > min(known, near * times)),
            replace(production, stands_out=near > min(known, far * times)),
        )

    def observe(self, candidate: _Extent, production: _Extent) -> None:
        """Bet on each way in which one of both is farther from A than the other."""
        if production.distance and not production.another:
            self._known += 1
            self._farthest = max(self._farthest, production.distance)
        for name in _TESTS:
            ahead = getattr(candidate, name) - getattr(production, name)
            if not ahead or (name == "distance" and (candidate.another or production.another)):
                continue
            both = name == "distance" and production.distance > 0 < candidate.distance
            pays = _FARTHER_PAYS if both else 1
            self.wealth.setdefault(name, Wealth(BOLD)).observe(pays if ahead > 0 else -1)
            if both:
                self.as_near.observe(1 / pays if ahead < 0 else -1)

    def count(self, candidate: _Extent, production: _Extent) -> None:
        """Count a request in which one of both differs."""
        self.candidate_differed += candidate.another
        self.production_differed += production.another
        self.noisy += production.differs


class Doubt(IntEnum):
    """What one request makes of the candidate."""

    NONE = 0
    STANDS_OUT = 1
    """It differs as production does, and far more: noise, unless it comes back."""
    DIFFERS = 2
    """It differs, and production does not, or less gravely."""
    ALONE = 3
    """It differs in what production never did."""


@dataclass(slots=True)
class Outputs:
    """Tests of every field, and of the rate of requests that differ against `margin`.

    `rules` say which fields are known to change; presence, type and shape are tested of those too.
    """

    margin: float = 0.01
    alpha: float = 0.004
    rules: Rules = field(default_factory=Rules)
    requests: int = 0
    fields: dict[str, FieldTests] = field(default_factory=dict)
    differed: int = 0
    """Requests in which only the candidate differed, or stood out and did so when asked again."""
    production_only: int = 0
    """Requests in which only production differed."""
    other_failures: int = 0
    """Requests in which the candidate alone failed in another class than production does."""
    against: float = 1.0
    """The largest e-value so far that the candidate is worse."""
    _rarely: Wealth = field(init=False)

    def __post_init__(self) -> None:
        self._rarely = rarity(self.margin)

    def observe(
        self,
        production: list[Difference],
        candidate: list[Difference],
        *,
        has: Callable[[], AbstractSet[str]] = frozenset,
        replayed: bool = False,
    ) -> Doubt:
        """Take how B and the candidate differ from A on one request, first played or replayed.

        `has` returns the fields of A's answer. Returns whether some field differs only in the
        candidate.
        """
        ours, theirs = _extents(candidate), _extents(production)
        names = ours | theirs
        pairs = {name: (ours.get(name, _NONE), theirs.get(name, _NONE)) for name in names}
        pairs = {name: self._observe_field(name, *pair, len(pairs)) for name, pair in pairs.items()}
        ahead = [c.gravity - b.gravity for c, b in pairs.values()]
        more = [name for name, times in zip(pairs, ahead, strict=True) if times > 0]
        doubt = max(map(self._doubt, more), default=Doubt.NONE)
        if not replayed:
            self.requests += 1
            production_only = not doubt and any(ahead)
            self._rarely.observe(self.margin - bool(doubt) + production_only)
            self.differed += bool(doubt)
            self.production_only += production_only
            self.other_failures += _fails_otherwise(candidate) and not _fails_otherwise(production)
            self._count(pairs, has)
        if pairs:
            self.against = max(self.against, self._value())
        alone = any(c.stands_out and not b.stands_out for c, b in pairs.values())
        return doubt or (Doubt.STANDS_OUT if alone else Doubt.NONE)

    def _doubt(self, name: str) -> Doubt:
        known = self.fields.get(name)
        return Doubt.DIFFERS if known and known.noisy else Doubt.ALONE

    def _observe_field(
        self, name: str, candidate: _Extent, production: _Extent, fields: int
    ) -> tuple[_Extent, _Extent]:
        if name not in self.fields:
            if len(self.fields) == MAX_FIELDS:
                return candidate, production
            self.fields[name] = FieldTests(order=len(self.fields) + 1)
        tests = self.fields[name]
        pair = tests.standing_out(candidate, production, fields)
        tests.observe(*pair)
        return pair

    def _count(
        self, pairs: Mapping[str, tuple[_Extent, _Extent]], has: Callable[[], AbstractSet[str]]
    ) -> None:
        for name, pair in pairs.items():
            if name in self.fields:
                self.fields[name].count(*pair)
        if noisy := [name for name, tests in self.fields.items() if tests.production_differed]:
            there = has() | pairs.keys()
            for name in noisy:
                self.fields[name].present += name in there or not name

    def confirm(self) -> None:
        """Count a request that stood out of noise, and did so again: it differs."""
        self.differed += 1

    def _value(self) -> float:
        shares = [(tests.share, tests.value) for tests in self.fields.values()]
        return 1 + sum(share * (value - 1) for share, value in shares)

    @property
    def volatile(self) -> list[str]:
        """Fields in which production differs from itself, the most often so first."""
        noisy = [(-tests.noisy, name) for name, tests in self.fields.items() if tests.noisy]
        return [name for _, name in sorted(noisy)]

    @property
    def undeclared(self) -> list[str]:
        """Fields to be declared volatile: production itself changes them most of the time."""
        return [
            name
            for name, tests in self.fields.items()
            if tests.changes and not is_volatile(name, self.rules)
        ]

    @property
    def in_favour(self) -> float:
        """The least of the e-values that PASS needs: few requests differ, and none by more."""
        noisy = [tests.as_near.peak for tests in self.fields.values() if tests.as_near.observations]
        return min([self._rarely.peak, *noisy])

    @property
    def failed(self) -> bool:
        """Whether the candidate was once proven to differ."""
        return self.against >= 1 / self.alpha

    def finding(self) -> Finding:
        """Return what is known by now."""
        judgement, reasons = self._judged()
        if self.other_failures:
            reasons.append(because(Why.OTHER_ERRORS, requests=self.other_failures))
        if self.volatile:
            reasons.append(because(Why.NOISY, fields=tuple(self.volatile)))
        return Finding(
            family="outputs",
            judgement=judgement,
            reasons=tuple(reasons),
            requests=self.requests,
            against=self.against,
            in_favour=self.in_favour,
        )

    def _judged(self) -> tuple[Judgement, list[Reason]]:
        if self.failed:
            return Judgement.FAIL, [self._worst()]
        if undeclared := self.undeclared:
            return Judgement.INCONCLUSIVE, [because(Why.UNDECLARED, fields=tuple(undeclared))]
        if not self.requests:
            return Judgement.INCONCLUSIVE, [because(Why.NOTHING_COMPARED)]
        rate = because(
            Why.DIFFER,
            events=self.differed,
            requests=self.requests,
            production=self.production_only,
            below=exact.upper_bound(self.differed, self.requests, CONFIDENCE),
        )
        if doubtful := [name for name, tests in self.fields.items() if tests.doubtful]:
            return Judgement.INCONCLUSIVE, [rate, because(Why.GROWS, fields=tuple(doubtful))]
        if self.in_favour >= 1 / self.alpha:
            return Judgement.PASS, [rate]
        return Judgement.INCONCLUSIVE, [rate, *self._unproven()]

    def _worst(self) -> Reason:
        """Return in which field the candidate differs, and how."""
        worst = max(self.fields, key=lambda name: self.fields[name].value)
        tests = self.fields[worst].wealth
        how = max(tests, key=lambda name: tests[name].value)
        return because(Why.FIELD_DIFFERS, field=worst, how=how)

    def _unproven(self) -> Iterator[Reason]:
        """Yield what PASS still needs."""
        if self._rarely.peak < 1 / self.alpha:
            yield because(Why.NEEDS_RATE, margin=self.margin)
        if wider := [
            name
            for name, tests in self.fields.items()
            if tests.as_near.observations and tests.as_near.peak < 1 / self.alpha
        ]:
            yield because(Why.WIDER_NOISE, fields=tuple(wider))


def _fails_otherwise(differences: list[Difference]) -> bool:
    return any(each.kind is Kind.ERROR_CLASS for each in differences)
