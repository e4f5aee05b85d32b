"""Requests that only the candidate, or only B, shows something bad in, and bets on which of both.

Neighbours depend on each other: a pause is one event, however many requests it meets. So requests
are taken in blocks, asked one after the other, and each block that has more of them in one arm is
one bet. Under the null each of both is as likely to have them.
"""

from dataclasses import dataclass, field

from harness.shadow.core.evidence.alone import BLOCK
from harness.shadow.core.evidence.betting import Lead

ALPHA = 0.001
"""The probability of a false alarm."""


@dataclass(slots=True)
class OneSided:
    """Counts of requests, and what was won by betting that they tend to be the candidate's."""

    requests: int = 0
    candidate_only: int = 0
    production_only: int = 0
    _more: Lead = field(default_factory=Lead)

    def observe(self, production: bool, candidate: bool) -> None:
        """Take one request, by whether each of both arms shows it."""
        self.requests += 1
        ahead = candidate - production
        self.candidate_only += ahead > 0
        self.production_only += ahead < 0
        self._more.ahead += ahead
        if not self.requests % BLOCK:
            self._more.settle()

    @property
    def against(self) -> float:
        """The largest e-value so far that the candidate is worse."""
        return self._more.wealth.peak

    @property
    def failed(self) -> bool:
        """Whether the candidate was once proven worse."""
        return self.against >= 1 / ALPHA
