"""Whether the candidate is the slower one start after start.

What an arm's latency is depends on its start, too: where its memory came to lie, what else the
machine did. Requests tell nothing of that, however many there are: a start is one event. So where
requests say that one arm is slower, all are started again, some times, each time for as many
requests, and each start is one bet. Of three arms that are alike each is the slowest in one of
three starts; of one that is slower by the whole margin no more than half are faster than both of
production's on average.
"""

import math
from dataclasses import dataclass, field
from statistics import median

from harness.shadow.core.evidence.betting import Wealth
from harness.shadow.core.evidence.reason import Reason, Why, because

EACH = 100
"""Requests of a start."""
_STAKES = (0.5, 0.8, 1.0)
_SLOWEST_PAYS = 2.0
"""What a win pays that has one chance in three."""


@dataclass(slots=True)
class Starts:
    """Bets on which arm a start leaves the slowest: `slowest` of `ended` starts the candidate."""

    ended: int = 0
    slowest: int = 0
    not_slower: int = 0
    _slower: Wealth = field(default_factory=lambda: Wealth(_STAKES))
    _in_favour: Wealth = field(default_factory=lambda: Wealth(_STAKES))
    _ratios: list[tuple[float, float]] = field(default_factory=list)

    def observe(self, a: float, b: float, c: float) -> bool:
        """Take one request's latencies, the candidate's less what is forgiven; tell if it ended."""
        if a > 0:
            self._ratios.append((b / a, c / a))
        if len(self._ratios) < EACH:
            return False
        self._bet(*(median(column) for column in zip(*self._ratios, strict=True)))
        self._ratios.clear()
        return True

    def _bet(self, production: float, candidate: float) -> None:
        """Bet on one start, whose arms took so many times as long as A."""
        is_slowest = candidate > max(1.0, production)
        is_faster = candidate < math.sqrt(production)
        self.ended += 1
        self.slowest += is_slowest
        self.not_slower += is_faster
        self._slower.observe(_SLOWEST_PAYS if is_slowest else -1)
        self._in_favour.observe(1 if is_faster else -1)

    @property
    def against(self) -> float:
        """The e-value that the candidate tends to be the slowest."""
        return self._slower.peak

    @property
    def in_favour(self) -> float:
        """The e-value that it tends to be no slower."""
        return self._in_favour.peak

    @property
    def reason(self) -> Reason:
        """What became of the starts."""
        return because(
            Why.MORE_STARTS, starts=self.ended, slowest=self.slowest, faster=self.not_slower
        )
