"""Requests that went out twice because the service closed a kept connection under the first.

A service that closes idle connections now and then is as good as another, and what is lost so is
asked once more. One that closes them under requests far more often than production does may hide
that it fails: its clients notice.
"""

import math
from dataclasses import dataclass, field

from harness.core.evidence.betting import BOLD, Wealth
from harness.core.evidence.finding import Finding, Judgement
from harness.core.shadow.events import Played

FAMILY = "kept connections"
ALPHA = 0.001
"""The probability of a false alarm."""


@dataclass(slots=True)
class Resent:
    """Tests of requests that exactly one of B and the candidate had to be sent twice."""

    requests: int = 0
    candidate_only: int = 0
    production_only: int = 0
    _more: Wealth = field(default_factory=lambda: Wealth(BOLD))

    def observe(self, played: Played) -> None:
        """Take one request, asked for the first time or again."""
        _, b, c = played.arms
        self.requests += 1
        ahead = c.again - b.again
        self.candidate_only += ahead > 0
        self.production_only += ahead < 0
        if ahead:
            self._more.observe(math.copysign(1, ahead))

    def findings(self) -> list[Finding]:
        """Return what is known by now, if production or the candidate had any such request."""
        if not (self.candidate_only or self.production_only):
            return []
        failed = self._more.peak >= 1 / ALPHA
        reason = (
            f"closed under {self.candidate_only} of {self.requests} requests only by the candidate "
            f"({self.production_only} only by production)"
        )
        return [
            Finding(
                family=FAMILY,
                judgement=Judgement.FAIL if failed else Judgement.PASS,
                reason=reason,
                requests=self.requests,
                against=self._more.peak,
                blocking=False,
            )
        ]
