"""Whether more of the candidate's requests are slow than of production's.

Slow is what takes longer than a threshold that is fixed before it is used. Slow requests come in
clumps (a pause of a second slows all that arrive in it), so that a clump must not count as many
independent ones: requests are taken in blocks of about a second, and a block is bet on twice, by
which arm has more slow requests in it, and by how many more.
"""

import math
from dataclasses import dataclass, field
from statistics import quantiles

from harness.core.evidence.betting import BOLD, Wealth, rarity
from harness.core.evidence.finding import Finding, Judgement

LEAST = 2_000
"""Requests before which nothing is said in favour of a 99th percentile."""
PILOT = 500
"""Requests whose 99th percentile in production is the threshold, if none is declared."""


@dataclass(slots=True)
class _Sides:
    """Bets on blocks in which one arm has more slow requests than another, and in which fewer."""

    _wealth: tuple[Wealth, Wealth, Wealth, Wealth] = field(init=False)

    def __post_init__(self) -> None:
        self._wealth = Wealth(BOLD), Wealth(BOLD), Wealth(BOLD), Wealth(BOLD)

    def observe(self, ahead: float) -> None:
        """Take the share of a block by which one arm is ahead."""
        if ahead:
            more, more_by, fewer, fewer_by = self._wealth
            more.observe(math.copysign(1, ahead))
            more_by.observe(ahead)
            fewer.observe(-math.copysign(1, ahead))
            fewer_by.observe(-ahead)

    @property
    def more(self) -> float:
        """The e-value that it tends to be ahead."""
        return (self._wealth[0].value + self._wealth[1].value) / 2

    @property
    def fewer(self) -> float:
        """The e-value that it tends to be behind."""
        return (self._wealth[2].value + self._wealth[3].value) / 2


@dataclass(slots=True)
class TailLatency:
    """Tests of how many requests take longer than `threshold` seconds.

    `margin` is by how much the share of slow requests may be greater; `block` is in requests.
    """

    threshold: float | None = None
    margin: float = 0.01
    alpha: float = 0.0015
    control_alpha: float = 0.003
    block: int = 100
    requests: int = 0
    slow: list[int] = field(default_factory=lambda: [0, 0, 0])
    judgement: Judgement = Judgement.INCONCLUSIVE
    """Settled by the first test that reaches its end; later requests do not change it."""
    _pilot: list[float] = field(default_factory=list)
    _in_block: list[int] = field(default_factory=lambda: [0, 0, 0])
    _worse: _Sides = field(init=False)
    _control: _Sides = field(init=False)
    _rarely: Wealth = field(init=False)
    _weighed: float = 1.0
    """The e-value for PASS at the end of the last block, when it is judged."""

    def __post_init__(self) -> None:
        self._worse, self._control = _Sides(), _Sides()
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
        for arm, seconds in enumerate((a, b, c)):
            self._in_block[arm] += seconds > self.threshold
            self.slow[arm] += seconds > self.threshold
        self._rarely.observe(self.margin - (c > self.threshold) + (a > self.threshold))
        if self.requests % self.block == 0:
            self._close_block()

    def _close_block(self) -> None:
        a, b, c = self._in_block
        self._in_block = [0, 0, 0]
        self._worse.observe((c - a) / self.block)
        self._control.observe((b - a) / self.block)
        self._weighed = self._rarely.value
        if self.judgement is Judgement.INCONCLUSIVE:
            self._judge()

    def _judge(self) -> None:
        if max(self._control.more, self._control.fewer) >= 2 / self.control_alpha:
            self.judgement = Judgement.INVALID
        elif self._worse.more >= 1 / self.alpha:
            self.judgement = Judgement.FAIL
        elif self._weighed >= 1 / self.alpha and self.requests >= LEAST:
            self.judgement = Judgement.PASS

    def finding(self) -> Finding:
        """Return what is known by now."""
        return Finding(
            family="tail latency",
            judgement=self.judgement,
            reason=self._reason(),
            requests=self.requests,
            against=self._worse.more,
            in_favour=self._rarely.value,
            blocking=False,
        )

    def _reason(self) -> str:
        if self.threshold is None:
            known = len(self._pilot) // 2
            return f"{known} latencies are known, the threshold is fixed after {PILOT}"
        if not self.requests:
            return "no latency was compared"
        a, _, c = self.slow
        said = f"{c} of {self.requests} took over {self.threshold * 1e3:.1f} ms, {a} in production"
        return f"{said}; {self._why()}"

    def _why(self) -> str:
        """Say what the verdict rests on, or what is missing for PASS."""
        match self.judgement:
            case Judgement.PASS:
                return f"less than {self.margin:.1%} more than in production"
            case Judgement.FAIL:
                return "more than in production"
            case Judgement.INVALID:
                return "one production arm has more than the other"
        if self.requests < LEAST:
            return f"PASS needs {LEAST} that are compared"
        return f"PASS needs evidence of {1 / self.alpha:.0f}, this is {self._weighed:.3g}"
