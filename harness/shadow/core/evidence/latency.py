"""Whether the candidate is slower: paired, request by request, and safe against dependence.

A request tells only on which side of the margin its two latencies lie; the margin is a share of
production's latency, but no less than a floor in seconds, which no client can measure. Neighbours
that depend on each other tell less than they seem to, so sides are taken of the medians of blocks.
How long blocks must be is read off the two production arms: how often the sign of B - A stays
says nothing about which side the candidate is on.

Requests tell of the starts that they were asked of, and no more: the same image can be slower after
one start than after another. Where they say that the candidate is slower, or one production arm
than the other, further starts decide. Only what is beyond all luck is proven by one.

A candidate that was shown to be no slower may be slower later: evidence against it is gathered to
the end and overrides. PASS waits while the latest requests speak against it, and is not given at
all where some stretch did so beyond chance.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from harness.shadow.core.evidence.betting import BOLD, DOUBTFUL, GENTLE, Vigil, Wealth
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.margins import FLOOR
from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.shadow.core.evidence.starts import Starts
from harness.verdict import Judgement

BLOCKS = (1, 3, 7, 15, 31)
"""Lengths of blocks; odd, so that a median's side is that of most requests."""
LEAST = 64
"""Requests before which how far neighbours depend is not known."""
_LATEST = 20
"""Requests at the end among which none may have taken longer, against A's, than B's ever did."""
_BEYOND_CHANCE = 5.0
"""Of what is won from the best moment on, since there are many such moments."""
_QUICK = 0.8
"""A stake for a change that every request shows."""
LUCK = 0.3
"""How much slower than the slower of both others no start leaves an arm by chance."""
MOST_STARTS = 24
_FAR_STAKES = (0.2, 0.4, 0.8)
_NOTICED = 2.0
_MEDIAN = {
    Judgement.PASS: Why.NOT_SLOWER,
    Judgement.FAIL: Why.SLOWER,
    Judgement.INCONCLUSIVE: Why.MAYBE_SLOWER,
}
_BLOCK_PER_TIME = 1.5
"""Length of a block in units of the time in which dependence fades."""


@dataclass(slots=True)
class _Blocks:
    """The tests at one length of blocks."""

    length: int
    slower: Vigil = field(init=False)
    not_slower: Wealth = field(init=False)
    control: tuple[Wealth, Wealth] = field(init=False)
    pending: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        stakes = GENTLE if self.length == 1 else BOLD
        self.slower, self.not_slower = Vigil((*stakes, _QUICK)), Wealth(stakes)
        self.control = Wealth(stakes), Wealth(stakes)

    def observe(self, excess: float, drift: float, floor: float) -> None:
        """Take C - A less the margin, and B - A, of which no more than the floor is forgiven."""
        self.pending.append((excess, drift))
        if len(self.pending) < self.length:
            return
        excess, drift = (median(column) for column in zip(*self.pending, strict=True))
        self.pending.clear()
        self.slower.observe(1 if excess > 0 else -1)
        self.not_slower.observe(1 if excess < 0 else -1)
        self.control[0].observe(1 if drift > floor else -1)
        self.control[1].observe(1 if -drift > floor else -1)

    @property
    def lost_to_itself(self) -> float:
        """The e-value that B is slower than A, or faster."""
        return sum(wealth.value for wealth in self.control) / len(self.control)


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else math.inf


def allowance(a: float, margin: float, floor: float) -> float:
    """Return how many seconds more than `a` are no slower."""
    return max(margin * a, floor)


@dataclass(slots=True)
class MedianLatency:
    """Tests of C - A against the `allowance`, as paired latencies in seconds arrive.

    Without `by_starts` no arm is started again, and what is said holds for these starts.
    """

    margin: float = 0.05
    floor: float = FLOOR
    alpha: float = 0.0015
    control_alpha: float = 0.003
    by_starts: bool = True
    requests: int = 0
    judgement: Judgement = Judgement.INCONCLUSIVE
    """FAIL stays; PASS stands until the contrary is proven, or may be."""
    settled_after: int = 0
    """Requests after which it was first other than INCONCLUSIVE."""
    wants_restart: bool = False
    """Whether requests of other starts are needed."""
    starts: Starts | None = None
    """Further starts, where those before gave cause for them."""
    _since: int = 0
    """Requests since the arms were started."""
    _far: Vigil = field(default_factory=lambda: Vigil(_FAR_STAKES))
    _blocks: dict[int, _Blocks] = field(init=False)
    _last_sign: float = 0.0
    _widest: float = 1.0
    """The largest ratio of the two production arms' latencies."""
    _surprised: int = 0
    """The last request whose ratio to A's the candidate had larger than that."""
    _agreement: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Take what follows for requests of arms that were started again."""
        self._blocks = {length: _Blocks(length) for length in BLOCKS}
        self._since = self._surprised = 0
        self.wants_restart = False

    def observe(self, a: float, b: float, c: float) -> None:
        """Take the latencies of one request by the two production arms and the candidate."""
        self.requests += 1
        self._since += 1
        forgiven, drift = allowance(a, self.margin, self.floor), b - a
        excess = c - a - forgiven
        sign = math.copysign(1, drift) if drift else 0.0
        self._agreement += sign * self._last_sign
        self._last_sign = sign
        for blocks in self._blocks.values():
            blocks.observe(excess, drift, self.floor)
        slower = max(a, b)
        far = (1 + LUCK) * (slower + allowance(slower, self.margin, self.floor))
        self._far.observe(1 if c > far else -1)
        if excess > 0 and c > self._widest * a:
            self._surprised = self.requests
        self._widest = max(self._widest, _ratio(b, a), _ratio(a, b))
        if self.starts and not self.wants_restart and self.starts.ended < MOST_STARTS:
            ended = self.starts.observe(a, b, c - forgiven)
            self.wants_restart = ended and self.starts.ended < MOST_STARTS
        if self.requests >= LEAST and self.judgement is not Judgement.FAIL:
            self._judge(self._blocks[self.block])

    def _judge(self, blocks: _Blocks) -> None:
        slower = blocks.slower.value >= 1 / self.alpha
        unlike = blocks.lost_to_itself >= 1 / self.control_alpha
        if self.by_starts and not self.starts and (slower or unlike):
            self.starts, self.wants_restart = Starts(), True
        self.judgement = Judgement.INCONCLUSIVE
        if self.against >= 1 / self.alpha:
            self.judgement = Judgement.FAIL
        elif self.in_favour >= 1 / self.alpha and not self._held_back(blocks):
            self.judgement = Judgement.PASS
        if not self.settled_after and self.judgement is not Judgement.INCONCLUSIVE:
            self.settled_after = self.requests

    @property
    def against(self) -> float:
        """The e-value that the candidate is slower: beyond luck, or start after start."""
        if not self.by_starts:
            return self._blocks[self.block].slower.value
        return (self._far.value + (self.starts.against if self.starts else 1)) / 2

    @property
    def in_favour(self) -> float:
        """The e-value that it is not slower by more than the margin."""
        return self.starts.in_favour if self.starts else self._blocks[self.block].not_slower.peak

    def _held_back(self, blocks: _Blocks) -> Reason | None:
        """Return what speaks against a PASS that is proven otherwise."""
        if blocks.slower.most_recent >= _BEYOND_CHANCE / self.alpha:
            return because(Why.SLOW_STRETCH)
        latest = _LATEST + 2 * blocks.length
        surprised = self._surprised and self.requests - self._surprised < latest
        if surprised or blocks.slower.recent >= DOUBTFUL:
            return because(Why.SLOW_LATELY)
        return None

    @property
    def dependence(self) -> float:
        """The correlation of neighbours; 0 unless it is beyond chance."""
        agreement = self._agreement / max(self.requests - 1, 1)
        noticed = agreement * math.sqrt(self.requests) > _NOTICED
        return math.sin(math.pi / 2 * agreement) if noticed else 0.0

    @property
    def block(self) -> int:
        """The shortest length of blocks that outlasts the dependence."""
        correlation = self.dependence
        needed = _BLOCK_PER_TIME * (1 + correlation) / max(1 - correlation, 1 / BLOCKS[-1])
        lengths = (length for length in BLOCKS if length >= needed)
        return next(lengths, BLOCKS[-1]) if correlation else BLOCKS[0]

    def finding(self) -> Finding:
        """Return what is known by now."""
        return Finding(
            family="median latency",
            judgement=self.judgement,
            reasons=tuple(self._reasons(self._blocks[self.block])),
            requests=self.requests,
            against=self.against,
            in_favour=self.in_favour,
        )

    def _reasons(self, blocks: _Blocks) -> Iterator[Reason]:
        if self.requests < LEAST:
            yield because(Why.FEW_LATENCIES, known=self.requests, needed=LEAST)
            return
        yield because(
            _MEDIAN[self.judgement],
            margin=self.margin,
            floor=self.floor,
            block=blocks.length,
            starts=1 + (self.starts is not None),
        )
        if self.judgement is Judgement.INCONCLUSIVE and (held_back := self._held_back(blocks)):
            yield held_back
        if self.starts:
            yield self.starts.reason
