"""When answers that come in pieces begin: a service may hold back what production sends at once.

The whole answer then takes as long as before, but whoever reads along waits for its first byte. An
arm's is late if it comes more than half of production A's time later, and by more than a floor.
Under the null B is alone in that as often as the candidate.
"""

import math
from dataclasses import dataclass, field

from harness.core.evidence import exact
from harness.core.evidence.betting import BOLD, Wealth
from harness.core.evidence.finding import Finding, Judgement
from harness.core.shadow.events import Played, Timed

FAMILY = "first byte"
ALPHA = 0.001
"""The probability of a false alarm."""
MARGIN, FLOOR = 0.5, 1e-3
"""A share of production's time and seconds: what starts of one image differ by anyway."""
_BY_CHANCE = 0.005


@dataclass(slots=True)
class FirstBytes:
    """Tests of requests whose answer came in pieces from either production arm."""

    streams: int = 0
    candidate_only: int = 0
    production_only: int = 0
    _later: Wealth = field(default_factory=lambda: Wealth(BOLD))

    def observe(self, played: Played) -> None:
        """Take one request, asked for the first time or again."""
        a, b, c = played.arms
        if (a.first is None and b.first is None) or not all(
            timed.reply.succeeded for timed in played.arms
        ):
            return
        self.streams += 1
        usual = _seconds(a)
        limit = usual + max(MARGIN * usual, FLOOR)
        ahead = (_seconds(c) > limit) - (_seconds(b) > limit)
        self.candidate_only += ahead > 0
        self.production_only += ahead < 0
        if ahead:
            self._later.observe(math.copysign(1, ahead))

    def findings(self) -> list[Finding]:
        """Return what is known by now, if any answer came in pieces."""
        if not self.streams:
            return []
        reason = (
            f"of {self.streams} answers that came in pieces, {self.candidate_only} began late only "
            f"in the candidate ({self.production_only} only in production)"
        )
        return [
            Finding(
                family=FAMILY,
                judgement=self._judgement(),
                reason=reason,
                requests=self.streams,
                against=self._later.peak,
            )
        ]

    def _judgement(self) -> Judgement:
        if self._later.peak >= 1 / ALPHA:
            return Judgement.FAIL
        alone, both = self.candidate_only, self.candidate_only + self.production_only
        most = alone > self.production_only and alone * 2 >= self.streams
        doubtful = most or exact.at_least(alone, both, 0.5) <= _BY_CHANCE
        return Judgement.INCONCLUSIVE if doubtful else Judgement.PASS


def _seconds(timed: Timed) -> float:
    return (timed.finished if timed.first is None else timed.first) - timed.intended
