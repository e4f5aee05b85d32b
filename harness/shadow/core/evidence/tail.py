"""Whether more of the candidate's requests are slow than of production's.

Slow is what takes longer than a threshold that is fixed before it is used. Slow requests come in
clumps (a pause of a second slows all that arrive in it), so that a clump must not count as many
independent ones: requests are taken in blocks of about a second, and a block is bet on twice, by
which arm has more slow requests in it, and by how many more. Of requests that are asked in turn it
is also bet which arm alone is slow with one, which needs no threshold.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import quantiles

from harness.shadow.core.evidence.alone import LEAST as LEAST_IN_TURN
from harness.shadow.core.evidence.alone import Alone
from harness.shadow.core.evidence.betting import BOLD, Wealth, rarity
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.margins import FLOOR
from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.verdict import Judgement

FAMILY = "tail latency"
LEAST = 2_000
"""Requests before which nothing is said in favour of a 99th percentile."""
PILOT = 500
"""Requests whose 99th percentile in production is the threshold, if none is declared."""


@dataclass(slots=True)
class _Ahead:
    """Bets on blocks in which one arm has more slow requests than another."""

    _wealth: tuple[Wealth, Wealth] = field(init=False)
    _in_block: int = 0

    def __post_init__(self) -> None:
        self._wealth = Wealth(BOLD), Wealth(BOLD)

    def observe(self, ahead: int) -> None:
        """Take by how many a request puts the arm ahead."""
        self._in_block += ahead

    def close_block(self, length: int) -> None:
        """Bet on a block of so many requests, unless both arms have as many."""
        if self._in_block:
            more, more_by = self._wealth
            more.observe(math.copysign(1, self._in_block))
            more_by.observe(self._in_block / length)
        self._in_block = 0

    @property
    def value(self) -> float:
        """The e-value that it tends to be ahead."""
        return (self._wealth[0].value + self._wealth[1].value) / 2


@dataclass(slots=True)
class TailLatency:
    """Tests of how many requests take longer than `threshold` seconds.

    `margin` is by how much the share of slow requests may be greater; `block` is in requests. Of an
    arm that is held against another, a request is slow only `floor` seconds above the threshold.
    """

    threshold: float | None = None
    margin: float = 0.01
    floor: float = FLOOR
    alpha: float = 0.0015
    control_alpha: float = 0.003
    block: int = 100
    requests: int = 0
    slow: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Of A above the threshold, of B and the candidate above threshold and floor."""
    judgement: Judgement = Judgement.INCONCLUSIVE
    """FAIL stays; PASS stands until the contrary is proven, or may be."""
    alone: Alone = field(default_factory=Alone)
    _pilot: list[float] = field(default_factory=list)
    _worse: _Ahead = field(init=False)
    _control: tuple[_Ahead, _Ahead] = field(init=False)
    _rarely: Wealth = field(init=False)
    _proven: bool = False
    """Whether there once was enough evidence for PASS."""
    _unlike: bool = False
    """Whether one start of production was seen to have more than the other: that proves nothing."""
    _weighed: float = 1.0
    """The e-value for PASS at the end of the last block, when it is judged."""

    def __post_init__(self) -> None:
        self._worse, self._control = _Ahead(), (_Ahead(), _Ahead())
        self._rarely = rarity(self.margin)

    def observe(self, a: float, b: float, c: float) -> None:
        """Take the latencies of one request by the two production arms and the candidate."""
        if self.threshold is None:
            self._pilot += (a, b)
            if len(self._pilot) == 2 * PILOT:
                self.threshold = quantiles(self._pilot, n=100)[-1]
                self._pilot.clear()
            return
        self.requests += 1
        late = self.threshold + self.floor
        for arm, slow in enumerate((a > self.threshold, b > late, c > late)):
            self.slow[arm] += slow
        ahead = (c > late) - (a > self.threshold)
        self._worse.observe(ahead)
        self._control[0].observe((b > late) - (a > self.threshold))
        self._control[1].observe((a > late) - (b > self.threshold))
        self._rarely.observe(self.margin - ahead)
        if self.requests % self.block == 0:
            self._close_block()

    def observe_in_turn(self, a: float, b: float, c: float) -> None:
        """Take the latencies of one request that no other was asked beside."""
        if self.alone.observe((a, b, c)):
            self._judge()

    def _close_block(self) -> None:
        for ahead in (self._worse, *self._control):
            ahead.close_block(self.block)
        self._weighed = self._rarely.value
        self._proven |= self._weighed >= 1 / self.alpha and self.requests >= LEAST
        self._judge()

    def _judge(self) -> None:
        self._unlike |= max(each.value for each in self._control) >= 2 / self.control_alpha
        if self.judgement is Judgement.FAIL:
            return
        self.judgement = Judgement.INCONCLUSIVE
        if self.against >= 1 / self.alpha:
            self.judgement = Judgement.FAIL
        elif self._proven and not self.alone.doubtful and not self._unlike:
            self.judgement = Judgement.PASS

    @property
    def against(self) -> float:
        """The e-value that the candidate has more slow requests."""
        by_threshold = 0.0 if self._unlike else self._worse.value
        return (by_threshold + self.alone.value) / 2

    def finding(self) -> Finding:
        """Return what is known by now."""
        return Finding(
            family=FAMILY,
            judgement=self.judgement,
            reasons=tuple(self._reasons()),
            requests=self.requests,
            against=self.against,
            in_favour=self._rarely.value,
            blocking=self.alone.doubtful,
        )

    def _reasons(self) -> Iterator[Reason]:
        if self.alone.doubtful:
            yield self.alone.reason
            return
        if self.requests < LEAST and self.alone.requests < LEAST_IN_TURN:
            yield because(Why.FEW_IN_TURN, needed=LEAST_IN_TURN)
        yield from self._by_threshold()

    def _by_threshold(self) -> Iterator[Reason]:
        if self.threshold is None:
            yield because(Why.NO_THRESHOLD, known=len(self._pilot) // 2, needed=PILOT)
        elif not self.requests:
            yield because(Why.NO_LATENCY)
        else:
            production, _, candidate = self.slow
            yield because(
                Why.OVER_THRESHOLD,
                candidate=candidate,
                production=production,
                requests=self.requests,
                threshold=self.threshold,
                late=self.threshold + self.floor,
            )
            yield self._why()

    def _why(self) -> Reason:
        """Return what the verdict rests on, or what is missing for PASS."""
        match self.judgement:
            case Judgement.PASS:
                return because(Why.LESS_SLOW, margin=self.margin)
            case Judgement.FAIL:
                return because(Why.MORE_SLOW)
        if self._unlike:
            return because(Why.ARMS_UNLIKE)
        if self.requests < LEAST:
            return because(Why.NEEDS_REQUESTS, needed=LEAST)
        return because(Why.NEEDS_EVIDENCE, needed=1 / self.alpha, found=self._weighed)
