"""What services answer first after they became ready, start by start.

Whoever sends requests to a service once it is ready counts on these answers, too, but they are no
sample: those of one start fail, or are slow, together. So the start is what is counted. A start
went badly for one arm if that arm alone failed requests, answered them otherwise (what both others
refuse with 200, too), or was much slower than both others. Under the null each arm has the same bad
luck: of starts that went badly for exactly one arm, a third do for the candidate.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.shadow.core.answers.comparison import compare_arms, general
from harness.shadow.core.answers.levels import Difference, Level, Rules
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.events import ARMS, Played
from harness.shadow.core.evidence import exact
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.outcomes import outcomes_of
from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.verdict import Judgement

FAMILY = "first answers"
ALPHA = 0.001
"""The probability of a false alarm: seven bad starts of seven fall below it."""
SLOWER, SLACK = 2.0, 1.0
"""Times as slow as the slower of both others, and seconds more: less is not a bad start."""

_BY_CHANCE = 0.01


@dataclass(slots=True)
class Beginning:
    """One start of all arms. Counts are of requests, an arm each.

    `outcomes` that it had alone; `differed` alone from A, which so counts nothing for itself, of
    which `broken` in structure; `slowest` and `total` are seconds.
    """

    requests: int = 0
    outcomes: tuple[Counter[str], ...] = field(default_factory=lambda: _each(Counter[str]))
    differed: list[int] = field(default_factory=lambda: [0] * ARMS)
    broken: list[int] = field(default_factory=lambda: [0] * ARMS)
    slowest: list[float] = field(default_factory=lambda: [0.0] * ARMS)
    total: list[float] = field(default_factory=lambda: [0.0] * ARMS)

    def observe(self, played: Played, protocol: Protocol, rules: Rules) -> None:
        """Take one request as all arms answered it."""
        self.requests += 1
        a, b, c = (timed.reply for timed in played.arms)
        outcomes = [a.outcome, b.outcome, c.outcome]
        came_out = outcomes_of((a, b, c))
        for arm, timed in enumerate(played.arms):
            self.slowest[arm] = max(self.slowest[arm], timed.seconds)
            self.total[arm] += timed.seconds
            others = {*outcomes[:arm], *outcomes[arm + 1 :]}
            forgiven = came_out.succeeded[arm] and came_out.broke[arm - 1]
            if len(others) == 1 and outcomes[arm] not in others and not forgiven:
                self.outcomes[arm][outcomes[arm]] += 1
        if len(set(outcomes)) == 1:
            _, production, candidate = compare_arms((a, b, c), protocol, rules)
            self._observe_differences(_levels(production), _levels(candidate))

    def _observe_differences(
        self, production: dict[str, Level], candidate: dict[str, Level]
    ) -> None:
        for arm, own, other in ((1, production, candidate), (2, candidate, production)):
            alone = [level for name, level in own.items() if name not in other]
            self.differed[arm] += bool(alone)
            self.broken[arm] += Level.STRUCTURE in alone

    def bad(self, arm: int) -> Reason | None:
        """Return how the start went badly for an arm alone, if it did."""
        return next(self._complaints(arm), None)

    def _complaints(self, arm: int) -> Iterator[Reason]:
        others = [other for other in range(ARMS) if other != arm]
        own = self.outcomes[arm].total()
        if own > max(self.outcomes[other].total() for other in others):
            (outcome, _), *_ = self.outcomes[arm].most_common()
            yield because(Why.BAD_OUTCOMES, events=own, requests=self.requests, outcome=outcome)
        if self._differed(arm, [other for other in others if other]):
            yield because(Why.BAD_ANSWERS, events=self.differed[arm], requests=self.requests)
        for why, seconds in ((Why.SLOWEST_ANSWER, self.slowest), (Why.SLOW_TOGETHER, self.total)):
            usual = max(seconds[other] for other in others)
            if seconds[arm] > usual * SLOWER and seconds[arm] > usual + SLACK:
                yield because(why, seconds=seconds[arm], usual=usual)

    def _differed(self, arm: int, others: Sequence[int]) -> bool:
        """Return whether it differed alone by more than chance, or broke what nobody else did."""
        own, other = self.differed[arm], sum(self.differed[each] for each in others)
        broken = self.broken[arm] > 0 and not any(self.broken[each] for each in others)
        return broken or exact.at_least(own, own + other, 0.5) <= _BY_CHANCE


def _each(make: type[Counter[str]]) -> tuple[Counter[str], ...]:
    return tuple(make() for _ in range(ARMS))


def _levels(differences: Sequence[Difference]) -> dict[str, Level]:
    return {general(each.field): each.level for each in differences if each.level >= Level.BEYOND}


@dataclass(slots=True)
class Beginnings:
    """All starts of a run: those that only count what a start uses, and the one that is asked."""

    protocol: Protocol
    rules: Rules
    starts: list[Beginning] = field(default_factory=list)
    _open: bool = False

    def observe(self, played: Played) -> None:
        """Take a request of the start that goes on."""
        if not self._open:
            self.starts.append(Beginning())
            self._open = True
        self.starts[-1].observe(played, self.protocol, self.rules)

    def end_start(self) -> None:
        """Take what follows for that of another start."""
        self._open = False

    def findings(self) -> Iterator[Finding]:
        """Yield what is known by now, if anything was asked."""
        if not self.starts:
            return
        bad = [[start.bad(arm) for arm in range(ARMS)] for start in self.starts]
        alone = [reasons for reasons in bad if sum(map(bool, reasons)) == 1]
        theirs = [found for *_, found in alone if found]
        ours = len(alone) - len(theirs)
        if exact.at_least(len(theirs), len(alone), 1 / ARMS) <= ALPHA:
            judgement = Judgement.FAIL
        else:
            judgement = Judgement.INCONCLUSIVE if len(theirs) > ours else Judgement.PASS
        yield Finding(
            family=FAMILY,
            judgement=judgement,
            reasons=(
                because(
                    Why.BAD_STARTS,
                    candidate=len(theirs),
                    production=ours,
                    starts=len(self.starts),
                ),
                *theirs[:1],
            ),
            requests=sum(start.requests for start in self.starts),
        )
