"""A comparison of paired requests, judged while it goes on: replies and latencies in, findings out.

Each family settles by itself, and memory does not grow with requests. Requests that only the
candidate answered differently are doubts: to replay one is to bet on it once more.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial

from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.comparison import compare_arms, fields_of
from harness.shadow.core.answers.levels import Difference, Level, Rules
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.evidence.alone import Alone
from harness.shadow.core.evidence.errors import Errors
from harness.shadow.core.evidence.finding import Budget, Finding
from harness.shadow.core.evidence.latency import MedianLatency
from harness.shadow.core.evidence.margins import Margins
from harness.shadow.core.evidence.outcomes import Outcomes, outcomes_of
from harness.shadow.core.evidence.outputs import Doubt, Outputs
from harness.shadow.core.evidence.reason import Why, because
from harness.shadow.core.evidence.stretches import Stretches
from harness.shadow.core.evidence.tail import TailLatency
from harness.verdict import Judgement

MAX_DOUBTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One request as both production arms and the candidate answered it, in that order.

    `seconds` is None where latencies are not comparable: in a replay, or after a failure. With
    `open_loop` the requests did not wait for each other's answers.
    """

    request: str
    replies: tuple[Reply, Reply, Reply]
    seconds: tuple[float, float, float] | None = None
    replayed: bool = False
    open_loop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One request's outcomes, and how production B, and the candidate, differ from production A.

    `stretch` is the number of the part of the comparison that it was asked in.
    """

    outcomes: Outcomes
    stretch: int
    production: list[Difference] = field(default_factory=list)
    candidate: list[Difference] = field(default_factory=list)
    has: Callable[[], AbstractSet[str]] = frozenset
    """Returns the fields of A's answer."""


@dataclass(slots=True)
class Trial:
    """The families' tests; with `tail_apart`, only open loops say something of the tail."""

    protocol: Protocol
    rules: Rules
    budget: Budget = field(default_factory=Budget)
    margins: Margins = field(default_factory=Margins)
    tail_apart: bool = False
    levels: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(Level, 0))
    """How many requests the candidate answered at each level of difference from A."""
    doubts: dict[str, Doubt] = field(default_factory=dict)
    """Requests that only the candidate failed, or answered differently, when last played."""
    outputs: Outputs = field(init=False)
    errors: Errors = field(init=False)
    median: MedianLatency = field(init=False)
    tail: TailLatency = field(init=False)
    _stretches: Stretches = field(default_factory=Stretches)

    def __post_init__(self) -> None:
        budget, margins = self.budget, self.margins
        self.outputs = Outputs(margin=margins.outputs, alpha=budget.outputs, rules=self.rules)
        self.errors = Errors(margin=margins.errors, alpha=budget.errors)
        self.median = MedianLatency(
            margin=margins.median,
            floor=margins.floor,
            alpha=budget.median,
            control_alpha=budget.control,
        )
        self.tail = TailLatency(
            threshold=margins.slow,
            margin=margins.tail,
            floor=margins.floor,
            alpha=budget.tail,
            control_alpha=budget.control,
            alone=Alone(margin=margins.median, floor=margins.floor),
        )

    def observe(self, played: Round) -> Observed:
        """Take one request; where exactly some arms broke, errors are judged and not outputs."""
        again = played.replayed
        seen = Observed(
            outcomes=outcomes_of(played.replies),
            stretch=self._stretches.observe(played.request, replayed=again),
        )
        doubt = self.errors.observe(seen.outcomes, seen.stretch, replayed=again)
        if seen.outcomes.comparable:
            level, production, candidate = compare_arms(played.replies, self.protocol, self.rules)
            has = partial(fields_of, played.replies[0], self.protocol)
            seen = replace(seen, production=production, candidate=candidate, has=has)
            found = self.outputs.observe(production, candidate, has=has, replayed=again)
            doubt = max(doubt, found)
            self.levels[level] += not again
        self._keep_doubt(played, doubt)
        if played.seconds and not again:
            self._observe_latency(played.seconds, open_loop=played.open_loop)
        return seen

    def _keep_doubt(self, played: Round, doubt: Doubt) -> None:
        """Have a request asked again, or no more; one that stands out of noise twice differs."""
        if not doubt:
            self.doubts.pop(played.request, None)
        elif played.replayed and self.doubts.get(played.request) is Doubt.STANDS_OUT:
            self.outputs.confirm()
            self.doubts[played.request] = Doubt.DIFFERS
        elif len(self.doubts) < MAX_DOUBTS:
            self.doubts.setdefault(played.request, doubt)

    def _observe_latency(self, seconds: tuple[float, float, float], *, open_loop: bool) -> None:
        if not open_loop:
            self.median.observe(*seconds)
            self.tail.observe_in_turn(*seconds)
        if open_loop or not self.tail_apart:
            self.tail.observe(*seconds)

    def restart(self) -> None:
        """Take what follows for requests of arms that were started again."""
        self.median.restart()

    @property
    def to_replay(self) -> list[str]:
        """Requests whose replay may settle the comparison; none once it has failed."""
        return [] if self.outputs.failed or self.errors.failed else list(self.doubts)

    def findings(self) -> list[Finding]:
        """Return what is known by now, a finding a family; no PASS before doubts are dispelled."""
        certain = [self._without_doubt(each.finding()) for each in (self.outputs, self.errors)]
        return [*certain, self.median.finding(), self.tail.finding()]

    def _without_doubt(self, finding: Finding) -> Finding:
        doubts = sum(self.doubts[request] is Doubt.ALONE for request in self.to_replay)
        if not doubts or finding.judgement is Judgement.FAIL:
            return finding
        reasons = (*finding.reasons, because(Why.STILL, requests=doubts))
        return replace(finding, judgement=Judgement.INCONCLUSIVE, reasons=reasons)
