"""Whether the candidate is the one that is slow, where one arm alone is slow with a request.

Of three arms that are alike each is as likely to be slow alone, whatever else is known of the
request: one of three, whatever "slow" means. So nothing need be known of production's tail before
the first bet, and rare requests are found that leave every quantile up to the 99th where it is.
Requests that are asked one after the other are taken in blocks, each with one bet, by which arm has
more of them in it: neighbours that depend on each other are one event. Arms are held against each
other at the levels that earlier blocks had, so that being slower throughout is not found twice.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from harness.shadow.core.evidence.betting import BOLD, DOUBTFUL, Vigil
from harness.shadow.core.evidence.reason import Reason, Why, because

BLOCK = 31
"""Requests with one bet."""
FACTORS = (1.2, 1.5, 2.0, 5.0)
"""How many times as long as both other arms is slow."""
_ARMS = 3
_WIN = 2.0
"""What a win pays that has one chance in three."""
_REMEMBERED = 8
"""Blocks that tell how arms' levels differ."""
_SOON = 10
"""Blocks in a row that prove the candidate worse, if in each it has more slow requests."""
LEAST = BLOCK * (_SOON + 1)
"""Requests before which nothing can be shown."""


@dataclass(slots=True)
class Alone:
    """Bets on blocks in which the candidate has more requests that it alone is slow with.

    Of its latencies `margin` of them and `floor` seconds are forgiven.
    """

    margin: float = 0.05
    floor: float = 1e-4
    requests: int = 0
    slow: list[list[int]] = field(default_factory=lambda: [[0] * _ARMS for _ in FACTORS])
    """How many requests each arm alone was slow with, a factor each, since levels are known."""
    _wealth: list[Vigil] = field(default_factory=lambda: [Vigil(BOLD) for _ in FACTORS])
    _pending: list[tuple[float, float, float]] = field(default_factory=list)
    _levels: deque[list[float]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def observe(self, seconds: tuple[float, float, float]) -> bool:
        """Take one request's latencies, of A, B and the candidate; tell whether there was a bet."""
        self.requests += 1
        self._pending.append(seconds)
        if len(self._pending) < BLOCK:
            return False
        known = bool(self._levels)
        if known:
            self._bet()
        self._levels.append([_level(self._pending, arm) for arm in range(_ARMS)])
        self._pending.clear()
        return known

    def _bet(self) -> None:
        levels = [median(column) for column in zip(*self._levels, strict=True)]
        alone = [self._alone(seconds, levels) for seconds in self._pending]
        for factor, wealth, total in zip(FACTORS, self._wealth, self.slow, strict=True):
            counts = [
                sum(arm == each and times > factor for each, times in alone) for arm in range(_ARMS)
            ]
            for arm, count in enumerate(counts):
                total[arm] += count
            *production, candidate = counts
            if candidate != max(production):
                wealth.observe(_WIN if candidate > max(production) else -1)

    def _alone(self, seconds: Sequence[float], levels: Sequence[float]) -> tuple[int, float]:
        """Return the slowest arm at equal levels, and how many times as long as both others."""
        a, b, c = (taken / level for taken, level in zip(seconds, levels, strict=True))
        held = (a, b, c - max(c * self.margin / (1 + self.margin), self.floor))
        (second, _), (slowest, arm) = sorted(zip(held, range(_ARMS), strict=True))[1:]
        return arm, slowest / second if second > 0 else math.inf

    @property
    def value(self) -> float:
        """The e-value that it tends to be the candidate."""
        return sum(wealth.value for wealth in self._wealth) / len(FACTORS)

    @property
    def doubtful(self) -> bool:
        """Whether evidence grows, short of proving anything."""
        return self.value >= DOUBTFUL

    @property
    def reason(self) -> Reason:
        """What was seen by the factor that shows most."""
        most = max(range(len(FACTORS)), key=lambda each: (self._wealth[each].value, each))
        a, b, c = self.slow[most]
        return because(Why.SLOW_ALONE, times=FACTORS[most], a=a, b=b, candidate=c)


def smallest_slow_share(requests: int) -> float:
    """Return how many requests must be slow with the candidate alone for half of all to fail.

    1 if none does. By the share of blocks that have one, if no production arm is alone slow in any.
    """
    blocks = requests // BLOCK - 1
    return 1 - (1 - _SOON / blocks) ** (1 / BLOCK) if blocks >= _SOON else 1.0


def _level(block: Sequence[tuple[float, float, float]], arm: int) -> float:
    """Return how many times as long as A an arm took, in the middle of a block; 1 if unknown."""
    ratios = [seconds[arm] / seconds[0] for seconds in block if min(seconds) > 0]
    return median(ratios) if ratios else 1.0
