"""Sequential tests by betting: wealth that cannot grow in expectation while the null holds.

Looking after every request and stopping when one likes is allowed: under the null the wealth ever
reaches 1 / alpha with a probability of at most alpha (Ville 1939; Waudby-Smith and Ramdas 2024).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

GENTLE = (0.05, 0.1, 0.2, 0.4)
"""Stakes for effects that show in little more than half of all requests."""
BOLD = (0.1, 0.3, 0.6, 0.9)
"""Stakes for effects that show in nearly every request that shows anything."""

DOUBTFUL = 20.0
"""Evidence against the candidate that holds a PASS back, although it proves nothing yet."""


@dataclass(slots=True)
class Wealth:
    """The mean of the wealths of several bettors, who each stake one share of what they have.

    A payoff is at least -1, and its expectation, whatever came before, is at most 0 under the null.
    A null rate p of wins is one with payoffs of (1 - p) / p for a win and -1 for a loss.
    """

    stakes: Sequence[float]
    observations: int = 0
    peak: float = 1.0
    """The largest wealth so far: evidence that was once there is not lost."""
    _logarithms: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._logarithms = [0.0] * len(self.stakes)

    def observe(self, payoff: float) -> None:
        """Take one more payoff."""
        self.observations += 1
        for index, stake in enumerate(self.stakes):
            factor = 1 + stake * payoff
            self._logarithms[index] += math.log(factor) if factor > 0 else -math.inf
        self.peak = max(self.peak, self.value)

    @property
    def value(self) -> float:
        """The wealth now, from 1 at the start: an e-value."""
        return sum(map(_exponential, self._logarithms)) / len(self.stakes)


@dataclass(slots=True)
class Vigil:
    """Wealth that always has something left to bet with, so that a change is noticed whenever.

    After each payoff a share of all is dealt out evenly among the bettors, one of whom stakes
    nothing (Herbster and Warmuth 1998). What is dealt out is neither won nor lost, so that wealth
    still cannot grow in expectation under the null, and Ville's bound holds as it stands.
    """

    stakes: Sequence[float]
    observations: int = 0
    recent: float = 1.0
    """The most that a bettor would have won had it begun at the best moment for it."""
    most_recent: float = 1.0
    """The most that this ever was."""
    _logarithm: float = 0.0
    _parts: list[float] = field(init=False)
    _since: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.stakes = (0.0, *self.stakes)
        self._parts = [1 / len(self.stakes)] * len(self.stakes)
        self._since = [1.0] * len(self.stakes)

    def observe(self, payoff: float) -> None:
        """Take one more payoff, above -1 for every stake."""
        self.observations += 1
        factors = [1 + stake * payoff for stake in self.stakes]
        held = [part * factor for part, factor in zip(self._parts, factors, strict=True)]
        total = sum(held)
        self._logarithm += math.log(total)
        dealt = _DEALT_OUT / len(held)
        self._parts = [part / total * (1 - _DEALT_OUT) + dealt for part in held]
        self._since = [
            min(max(since, 1.0) * factor, _MOST)
            for since, factor in zip(self._since, factors, strict=True)
        ]
        self.recent = max(self._since)
        self.most_recent = max(self.most_recent, self.recent)

    @property
    def value(self) -> float:
        """The wealth now, from 1 at the start: an e-value."""
        return _exponential(self._logarithm)


@dataclass(slots=True)
class Lead:
    """Bets, a block at a time, that the candidate has more of something than production.

    Neighbours depend on each other, so that a block is one event, however many requests it meets.
    """

    wealth: Wealth = field(default_factory=lambda: Wealth(BOLD))
    ahead: int = 0
    """How many more of the block that goes on were the candidate's."""

    def settle(self) -> None:
        """Bet on the block that has ended."""
        if self.ahead:
            self.wealth.observe(math.copysign(1, self.ahead))
        self.ahead = 0


def rarity(margin: float) -> Wealth:
    """Bet against "C shows it in more requests than B does, by the margin or more".

    The payoff of a request is the margin, less 1 if only the candidate shows it, plus 1 if only
    production does. While nobody does, the boldest wins as much as the exact binomial test would;
    it has lost all once the candidate does, and the middle one outlasts a few in a thousand.
    """
    return Wealth([stake / (1 - margin) for stake in (0.05, 0.2, 0.5, 1.0, 1.0)])


def _exponential(logarithm: float) -> float:
    return math.exp(min(logarithm, _LARGEST))


_LARGEST = 700.0
_MOST = 1e300
_DEALT_OUT = 1e-3
"""What a change costs that comes late: ln(1 / this) = 7, which ten clear requests win back."""
