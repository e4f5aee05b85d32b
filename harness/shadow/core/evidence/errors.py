"""Whether the candidate fails where production does not, request by request.

A refusal (404, 302) that production alone gives is not a failure of its own but another answer, and
judged as such among outputs; here it is nothing in the candidate's favour.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.shadow.core.evidence import exact
from harness.shadow.core.evidence.betting import Lead, Wealth, rarity
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.outcomes import Outcomes
from harness.shadow.core.evidence.outputs import CONFIDENCE, Doubt
from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.verdict import Judgement


@dataclass(slots=True)
class Errors:
    """Tests of stretches in which one of B and the candidate failed more requests than the other.

    Under the null each of both is as likely, so that an error which comes back whenever its request
    is asked again has no other explanation than the candidate. Failures on end are one event: a
    stretch is one bet.
    """

    margin: float = 0.01
    alpha: float = 0.003
    requests: int = 0
    candidate_only: int = 0
    production_only: int = 0
    """Requests that production alone broke, which is forgiven."""
    refused_only: int = 0
    """Requests that production alone refused, which is nothing in the candidate's favour."""
    _more: Lead = field(default_factory=Lead)
    _stretch: int = 0
    _rarely: Wealth = field(init=False)

    def __post_init__(self) -> None:
        self._rarely = rarity(self.margin)

    def observe(self, outcomes: Outcomes, stretch: int, *, replayed: bool = False) -> Doubt:
        """Take how the arms came out of a request; return what it makes of the candidate."""
        if stretch != self._stretch:
            self._more.settle()
            self._stretch = stretch
        _, production, candidate = (not succeeded for succeeded in outcomes.succeeded)
        ahead = candidate - production
        forgiven = ahead < 0 and outcomes.broke[1]
        self._more.ahead += ahead
        if not replayed:
            self.requests += 1
            self.candidate_only += ahead > 0
            self.production_only += forgiven
            self.refused_only += ahead < 0 and not forgiven
            self._rarely.observe(self.margin - (ahead > 0) + forgiven)
        alone = Doubt.DIFFERS if self.production_only else Doubt.ALONE
        return alone if ahead > 0 else Doubt.NONE

    @property
    def failed(self) -> bool:
        """Whether the candidate was once proven to fail more."""
        return self._more.wealth.peak >= 1 / self.alpha

    def finding(self) -> Finding:
        """Return what is known by now."""
        judgement = Judgement.INCONCLUSIVE
        if self.failed:
            judgement = Judgement.FAIL
        elif self._rarely.peak >= 1 / self.alpha:
            judgement = Judgement.PASS
        return Finding(
            family="errors",
            judgement=judgement,
            reasons=tuple(self._reasons(judgement)),
            requests=self.requests,
            against=self._more.wealth.peak,
            in_favour=self._rarely.peak,
        )

    def _reasons(self, judgement: Judgement) -> Iterator[Reason]:
        if not self.requests:
            yield because(Why.NOTHING_COMPARED)
            return
        yield because(
            Why.FAILED,
            events=self.candidate_only,
            requests=self.requests,
            production=self.production_only,
            refused=self.refused_only,
            below=exact.upper_bound(self.candidate_only, self.requests, CONFIDENCE),
        )
        if judgement is Judgement.INCONCLUSIVE:
            yield because(Why.NEEDS_RATE, margin=self.margin)
