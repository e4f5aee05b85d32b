"""Whether the candidate answers as production does: each field's difference, arm against arm.

Under the null the candidate is one more production arm, so that whichever of "candidate differs
from A more" and "B differs from A more" happens, each is as likely as the other. That is bet
against for each field in three ways: whether it is another value altogether, whether precision was
lost, and how far beyond tolerance it is. Whether production ever differs from itself need not be
known: a difference that comes back each time the request is replayed soon has no other explanation.
"""

from dataclasses import dataclass, field

from harness.core.agreement.comparison import general
from harness.core.agreement.levels import Difference, Level
from harness.core.evidence import exact
from harness.core.evidence.betting import BOLD, GENTLE, Wealth, rarity
from harness.core.evidence.finding import Finding, Judgement

MAX_FIELDS = 1_000
"""Fields with tests of their own; those that differ first are the first to have them."""
CONFIDENCE = 0.01
_OFTEN = 0.5
_FARTHER_PAYS = 2 / 3
"""Where both are noisy, the candidate may be the farther one in 60 % of all requests."""

_TESTS = {
    "another": "another value than",
    "precision": "less precise than",
    "distance": "farther beyond tolerance than",
}
"""How a field can differ from A's, as in `_Extent`, and in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How far one field of one arm is from A's, in each way it is tested for."""

    another: bool = False
    precision: bool = False
    distance: float = 0.0

    @property
    def differs(self) -> bool:
        """Whether it differs in any way that is tested."""
        return self.another or self.precision or self.distance > 0


_NONE = _Extent()


def _extents(differences: list[Difference]) -> dict[str, _Extent]:
    found: dict[str, _Extent] = {}
    for each in differences:
        name, before = general(each.field), found.get(general(each.field), _NONE)
        beyond = each.distance if each.level is Level.BEYOND else 0.0
        found[name] = _Extent(
            another=before.another or each.level >= Level.LABEL,
            precision=before.precision or each.pattern is not None,
            distance=max(before.distance, beyond),
        )
    return found


def bounded(events: int, requests: int, what: str) -> str:
    """Return in words how many requests showed something, and what that bounds the rate to."""
    if not requests:
        return "no request was compared"
    said = f"{events} of {requests} requests {what}"
    bound = exact.upper_bound(events, requests, CONFIDENCE)
    return f"{said}: below {bound:.2%} at 99 %" if bound < 1 else said


@dataclass(slots=True)
class FieldTests:
    """The evidence on one field: the `order`-th, from 1, that differed between any two arms.

    The counts are of requests, not of replays, in which it was another value than A's.
    """

    order: int
    wealth: dict[str, Wealth] = field(default_factory=dict)
    as_near: Wealth = field(default_factory=lambda: Wealth(GENTLE))
    candidate_differed: int = 0
    production_differed: int = 0

    @property
    def share(self) -> float:
        """Its share of the stake; all shares add up to less than 1."""
        return 1 / (self.order * (self.order + 1))

    @property
    def value(self) -> float:
        """Its e-value; a test that has seen nothing keeps its stake."""
        return sum(self.wealth[name].value if name in self.wealth else 1 for name in _TESTS) / 3

    def observe(self, candidate: _Extent, production: _Extent) -> None:
        """Bet on each way in which one of both is farther from A than the other."""
        for name in _TESTS:
            ahead = getattr(candidate, name) - getattr(production, name)
            if not ahead or (name == "distance" and (candidate.another or production.another)):
                continue
            both = name == "distance" and production.distance > 0 < candidate.distance
            pays = _FARTHER_PAYS if both else 1
            self.wealth.setdefault(name, Wealth(BOLD)).observe(pays if ahead > 0 else -1)
            if both:
                self.as_near.observe(1 / pays if ahead < 0 else -1)


@dataclass(slots=True)
class Outputs:
    """Tests of every field, and of the rate of requests that differ against `margin`."""

    margin: float = 0.01
    alpha: float = 0.004
    requests: int = 0
    fields: dict[str, FieldTests] = field(default_factory=dict)
    differed: int = 0
    """Requests in which only the candidate differed."""
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
        replayed: bool = False,
    ) -> bool:
        """Take how B and the candidate differ from A on one request, first played or replayed.

        Returns whether some field differs only in the candidate.
        """
        ours, theirs = _extents(candidate), _extents(production)
        only = {
            name: ours.get(name, _NONE).differs - theirs.get(name, _NONE).differs
            for name in ours | theirs
        }
        if not replayed:
            self.requests += 1
            ahead = max(only.values(), default=0) or min(only.values(), default=0)
            self._rarely.observe(self.margin - ahead)
            self.differed += ahead > 0
        for name in only:
            self._observe_field(name, ours.get(name, _NONE), theirs.get(name, _NONE), replayed)
        if only:
            self.against = max(self.against, self._value())
        return any(ahead > 0 for ahead in only.values())

    def _observe_field(
        self, name: str, candidate: _Extent, production: _Extent, replayed: bool
    ) -> None:
        if name not in self.fields:
            if len(self.fields) == MAX_FIELDS:
                return
            self.fields[name] = FieldTests(order=len(self.fields) + 1)
        tests = self.fields[name]
        tests.observe(candidate, production)
        if not replayed:
            tests.candidate_differed += candidate.another
            tests.production_differed += production.another

    def _value(self) -> float:
        shares = [(tests.share, tests.value) for tests in self.fields.values()]
        return 1 + sum(share * (value - 1) for share, value in shares)

    @property
    def volatile(self) -> list[str]:
        """Fields to be declared volatile: production itself differs in every other request."""
        often = self.requests * _OFTEN
        return [name for name, tests in self.fields.items() if tests.production_differed > often]

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
        verdict, reason = self._judged()
        return Finding(
            family="outputs",
            judgement=verdict,
            reason=reason,
            requests=self.requests,
            against=self.against,
            in_favour=self.in_favour,
        )

    def _judged(self) -> tuple[Judgement, str]:
        enough = 1 / self.alpha
        if self.failed:
            worst = max(self.fields, key=lambda name: self.fields[name].value)
            tests = self.fields[worst].wealth
            how = max(tests, key=lambda name: tests[name].value)
            return Judgement.FAIL, f"{worst or 'the outcome'}: {_TESTS[how]} production's own"
        if self.volatile:
            names = ", ".join(self.volatile)
            return (
                Judgement.INCONCLUSIVE,
                f"differs in production itself, declare it volatile: {names}",
            )
        passed = self.in_favour >= enough
        verdict = Judgement.PASS if passed else Judgement.INCONCLUSIVE
        return verdict, bounded(self.differed, self.requests, "differ")
