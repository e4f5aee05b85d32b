"""The judge of a run: events in, a result out, while the run goes on or from its log.

Nothing but events and what was asked for decides, so the same log gives the same result.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from statistics import median, pstdev

from harness.render.shortened import shortened_pair
from harness.shadow.core.answers.explanation import Explanation, explain
from harness.shadow.core.answers.levels import Difference, Level
from harness.shadow.core.beginnings import Beginnings
from harness.shadow.core.differing import Differing
from harness.shadow.core.events import (
    ARMS,
    BEGINNINGS,
    Broken,
    Ended,
    Ending,
    Event,
    Phase,
    Played,
    Restarted,
    Started,
    Unexercised,
)
from harness.shadow.core.evidence import exact
from harness.shadow.core.evidence.alone import smallest_slow_share
from harness.shadow.core.evidence.detectable import smallest_share, smallest_slowdown
from harness.shadow.core.evidence.errors import Errors
from harness.shadow.core.evidence.finding import Budget, Finding, overall
from harness.shadow.core.evidence.latency import MedianLatency, allowance
from harness.shadow.core.evidence.outputs import CONFIDENCE, Outputs
from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.shadow.core.evidence.resources import Resource, judge_resources
from harness.shadow.core.evidence.tail import FAMILY as TAIL
from harness.shadow.core.evidence.trial import Observed, Round, Trial
from harness.shadow.core.first_bytes import FirstBytes
from harness.shadow.core.page.forest import Effect
from harness.shadow.core.resent import Resent
from harness.shadow.core.result import Counts, Detectable, Group, Setup, ShadowResult, Worst
from harness.shadow.core.series import Agreement, Flips, History, Latencies, places_of
from harness.shadow.core.spec import ShadowSpec
from harness.verdict import Judgement

MOST_WORST = 20
MOST_GROUPS = 20
_LONGEST_VALUE = 60
_MOST_VOLATILE = 500
_MOST_REASONS = 5
_MEBIBYTE = 2**20
_SHORTEST = 1e-9
"""Seconds that a clock can tell: what took less has no ratio."""
_MEMORY_SLACK = 4 * _MEBIBYTE
_SECONDS_SLACK = 0.2
"""What a start may always use more, besides a tenth: the noise of counting pages and ticks."""


@dataclass(slots=True)
class _Part:
    """One group's own tests, each with its share of the budget."""

    outputs: Outputs
    errors: Errors
    median: MedianLatency
    requests: int = 0

    def findings(self) -> tuple[Finding, ...]:
        """Return what is known of this group."""
        return tuple(
            replace(family.finding(), blocking=False)
            for family in (self.outputs, self.errors, self.median)
        )


@dataclass(slots=True)
class Judge:
    """Judges a comparison against `[shadow]`, event by event."""

    spec: ShadowSpec
    trial: Trial = field(init=False)
    _latencies: Latencies = field(default_factory=Latencies)
    _history: History = field(default_factory=History)
    _flips: Flips = field(default_factory=Flips)
    _agreement: Agreement = field(init=False)
    _beginnings: Beginnings = field(init=False)
    _first_bytes: FirstBytes = field(default_factory=FirstBytes)
    _differing: Differing = field(default_factory=Differing)
    _resent: Resent = field(default_factory=Resent)
    _worst: list[tuple[int, float, int, Played]] = field(default_factory=list)
    _groups: dict[str, _Part] = field(default_factory=dict)
    _ungrouped: int = 0
    """Requests of groups beyond the most that are judged."""
    _starts: list[Started] = field(default_factory=list)
    _broken: list[str] = field(default_factory=list)
    _unexercised: list[str] = field(default_factory=list)
    _rounds: Counter[Phase] = field(default_factory=Counter)
    _succeeded: list[int] = field(default_factory=lambda: [0] * ARMS)
    _failed: list[Counter[str]] = field(default_factory=lambda: [Counter() for _ in range(ARMS)])
    _sent_again: list[int] = field(default_factory=lambda: [0] * ARMS)
    _end: Ended | None = None

    def __post_init__(self) -> None:
        spec = self.spec
        self.trial = Trial(
            protocol=spec.protocol,
            rules=spec.rules,
            budget=spec.budget,
            margins=spec.allowed,
            tail_apart=spec.rate is not None,
        )
        self._agreement = Agreement(protocol=spec.protocol)
        self._beginnings = Beginnings(protocol=spec.protocol, rules=spec.rules)

    def observe(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case Played():
                self._observe_played(event)
            case Started():
                self._starts.append(event)
                self._beginnings.end_start()
            case Restarted():
                self.trial.restart()
                self._beginnings.end_start()
            case Broken(reason=reason):
                self._broken.append(reason)
            case Unexercised(what=what):
                self._unexercised.append(what)
            case _:
                self._end = event

    @property
    def to_replay(self) -> list[int]:
        """Requests that are to be asked once more."""
        return list(map(int, self.trial.to_replay))

    @property
    def wants_restart(self) -> bool:
        """Whether what starts come to must be told apart from luck: by starting all arms again."""
        return self.trial.median.wants_restart and not self._broken

    @property
    def is_settled(self) -> bool:
        """Whether more requests would change nothing: every family that must is settled."""
        families = self._families()
        judgements = {each.judgement for each in families}
        waits = any(
            each.judgement is Judgement.INCONCLUSIVE
            for each in families
            if each.blocking and (each.family != TAIL or self._waits_for_tail(judgements))
        )
        return bool(self._broken) or not (waits or self.to_replay)

    def _waits_for_tail(self, judgements: AbstractSet[Judgement]) -> bool:
        """Return whether a tail that may only fail is waited for: not once anything else has."""
        return self.spec.tail_blocks or Judgement.FAIL not in judgements

    def _observe_played(self, played: Played) -> None:
        if played.phase in BEGINNINGS:
            self._rounds[played.phase] += 1
            self._beginnings.observe(played)
            return
        a, b, c = played.arms
        seconds = (a.seconds, b.seconds, c.seconds)
        replies = (a.reply, b.reply, c.reply)
        comparable = min(seconds) >= _SHORTEST and all(reply.succeeded for reply in replies)
        replayed = played.phase is Phase.REPLAY
        seen = self.trial.observe(
            Round(
                request=str(played.number),
                replies=replies,
                seconds=seconds if comparable else None,
                replayed=replayed,
                open_loop=played.phase is Phase.OPEN,
            )
        )
        self._count(played)
        self._resent.observe(played)
        self._differing.observe(played, seen.production, seen.candidate, replayed=replayed)
        if replayed:
            return
        self._keep_worst(played, seen.candidate)
        self._flips.observe(seen.candidate)
        if comparable and not self._agreement.is_full:
            self._agreement.observe(replies)
        if played.phase is Phase.SERIAL:
            self._observe_serial(played, seconds if comparable else None, seen)

    def _observe_serial(
        self,
        played: Played,
        seconds: tuple[float, float, float] | None,
        seen: Observed,
    ) -> None:
        self._first_bytes.observe(played)
        if seconds:
            self._latencies.observe(played.arms[0].intended, seconds)
        if self._history.wants:
            self._history.look(self.trial.findings())
        part = self._part(played.group)
        if part is None:
            self._ungrouped += bool(played.group)
            return
        part.requests += 1
        part.errors.observe(seen.outcomes, seen.stretch)
        if seen.outcomes.comparable:
            part.outputs.observe(seen.production, seen.candidate, has=seen.has)
        if seconds:
            part.median.observe(*seconds)

    def _part(self, name: str) -> _Part | None:
        """Return a group's tests; none for requests without group, and beyond the most groups."""
        if name and name not in self._groups and len(self._groups) < MOST_GROUPS:
            share, margins = _share(self.spec.budget, MOST_GROUPS), self.spec.allowed
            self._groups[name] = _Part(
                outputs=Outputs(margin=margins.outputs, alpha=share.outputs, rules=self.spec.rules),
                errors=Errors(margin=margins.errors, alpha=share.errors),
                median=MedianLatency(
                    margin=margins.median,
                    floor=margins.floor,
                    alpha=share.median,
                    by_starts=False,
                ),
            )
        return self._groups.get(name)

    def _count(self, played: Played) -> None:
        self._rounds[played.phase] += 1
        for arm, timed in enumerate(played.arms):
            self._succeeded[arm] += timed.reply.succeeded
            self._sent_again[arm] += timed.again
            if not timed.reply.succeeded:
                self._failed[arm][timed.reply.outcome] += 1

    def _keep_worst(self, played: Played, candidate: Sequence[Difference]) -> None:
        """Keep the gravest, the first of equals; an outcome of the candidate's own is gravest."""
        outcomes = {timed.reply.outcome for timed in played.arms[:2]}
        own = played.arms[2].reply.outcome not in outcomes
        level = max((difference.level for difference in candidate), default=Level.IDENTICAL)
        if not own and level <= Level.EQUAL:
            return
        distance = max((difference.distance for difference in candidate), default=math.inf)
        gravity = Level.STRUCTURE + 1 if own else int(level)
        entry = (gravity, distance, -self._rounds.total(), played)
        keep = heapq.heappush if len(self._worst) < MOST_WORST else heapq.heappushpop
        keep(self._worst, entry)

    def _families(self) -> list[Finding]:
        return [
            replace(each, blocking=each.blocking or self.spec.tail_blocks)
            for each in self.trial.findings()
        ]

    def findings(self) -> list[Finding]:
        """Return what is known by now, first whether the comparison itself broke."""
        broken = [because(Why.BROKEN, said=said) for said in self._broken]
        found = [
            Finding(family="comparison", judgement=Judgement.INVALID, reasons=(reason,), requests=0)
            for reason in (*broken, *self._unreconciled())
        ]
        return [*found, *self._families(), *self._apart(), *self._resources()]

    def _apart(self) -> Iterator[Finding]:
        yield from self._beginnings.findings()
        yield from self._first_bytes.findings()
        yield from self._resent.findings()

    def _unreconciled(self) -> Iterator[Reason]:
        if self._end is None:
            return
        seen = self._rounds.total()
        if seen != self._end.asked:
            yield because(Why.UNANSWERED, asked=self._end.asked, answered=seen)
        elif not self._asked and self._end.ending is not Ending.INTERRUPTED:
            yield because(Why.NOTHING_ASKED)

    @property
    def _asked(self) -> int:
        """How many requests were asked for the first time, beginnings apart."""
        return self._rounds[Phase.SERIAL] + self._rounds[Phase.OPEN]

    def _resources(self) -> list[Finding]:
        found = judge_resources(self._measured(), self.spec.budget.resources)
        return [replace(finding, blocking=False) for finding in found]

    def _measured(self) -> dict[str, Resource]:
        """Return what each start took; nothing where no starts were asked for."""
        if not self.spec.starts:
            return {}
        production = [start for start in self._starts if start.arm == 0]
        candidate = [start for start in self._starts if start.arm == ARMS - 1]
        return {
            "memory": Resource(
                production=[start.memory_peak_bytes for start in production],
                candidate=[start.memory_peak_bytes for start in candidate],
                absolute=_MEMORY_SLACK,
            ),
            "CPU time": Resource(
                production=[start.cpu_seconds for start in production],
                candidate=[start.cpu_seconds for start in candidate],
                absolute=_SECONDS_SLACK,
            ),
            "start time": Resource(
                production=[start.ready_seconds for start in production],
                candidate=[start.ready_seconds for start in candidate],
                absolute=_SECONDS_SLACK,
            ),
        }

    def result(self, asked: Setup) -> ShadowResult:
        """Return what was found up to now."""
        findings = self.findings()
        field_, differences, noise = self._agreement.worst()
        ending = self._end.ending if self._end else Ending.INTERRUPTED
        whole = overall(findings)
        if ending is Ending.INTERRUPTED and whole is Judgement.PASS:
            whole = Judgement.INCONCLUSIVE
        return ShadowResult(
            asked=asked,
            ending=ending,
            judgement=whole,
            findings=tuple(findings),
            counts=self._counts(),
            levels={level.name.lower(): count for level, count in self.trial.levels.items()},
            worst=tuple(self._explained(entry) for entry in sorted(self._worst, reverse=True)),
            groups=tuple(_group(name, part) for name, part in sorted(self._groups.items())),
            volatile=tuple(self.trial.outputs.volatile[:_MOST_VOLATILE]),
            unexercised=(*self._unexercised, *self._too_many_groups()),
            detectable=tuple(self._detectable()),
            effects=tuple(self._effects()),
            quantiles=tuple(self._latencies.quantiles()),
            stretches=tuple(self._latencies.stretches()),
            field=field_,
            differences=tuple(differences),
            noise=noise,
            flips=tuple(self._flips.counts()),
            flip_margins=tuple(self._flips.margins),
            e_values=tuple(self._history.families(self._thresholds(), self.trial.findings())),
            resources=self._measured(),
            differing=tuple(self._differing.counts()),
        )

    def _too_many_groups(self) -> Iterator[str]:
        if self._ungrouped:
            yield (
                f"groups beyond the first {MOST_GROUPS}: {self._ungrouped} requests of theirs "
                "are judged with all others only"
            )

    def _thresholds(self) -> tuple[float, ...]:
        budget = self.spec.budget
        return tuple(
            1 / each for each in (budget.outputs, budget.errors, budget.median, budget.tail)
        )

    def _counts(self) -> Counts:
        a, b, c = (dict(sorted(failed.items())) for failed in self._failed)
        return Counts(
            asked=self._asked,
            replayed=self._rounds[Phase.REPLAY],
            succeeded=(self._succeeded[0], self._succeeded[1], self._succeeded[2]),
            failed=(a, b, c),
            sent_again=(self._sent_again[0], self._sent_again[1], self._sent_again[2]),
        )

    def _explained(self, entry: tuple[int, float, int, Played]) -> Worst:
        level, _, _, played = entry
        first, _, last = played.arms
        a, b, c = (timed.seconds for timed in played.arms)
        if first.reply.outcome != last.reply.outcome:
            reasons = [f"outcome {last.reply.outcome}, production {first.reply.outcome}"]
        else:
            spec = self.spec
            found = explain(first.reply, last.reply, spec.protocol, spec.rules)
            found = sorted(found, key=lambda each: -each.difference.level)
            reasons = [_in_words(each) for each in found[:_MOST_REASONS]]
        name = Level(level).name.lower() if level <= Level.STRUCTURE else "outcome"
        return Worst(number=played.number, level=name, reasons=tuple(reasons), seconds=(a, b, c))

    def _detectable(self) -> Iterator[Detectable]:
        trial, spec = self.trial, self.spec
        yield Detectable(family="outputs", change=smallest_share(trial.outputs.requests))
        yield Detectable(family="errors", change=smallest_share(trial.errors.requests))
        logs = [math.log(ratio) for ratio in self._latencies.ratios(ARMS - 1)]
        spread = pstdev(logs) if logs else 0.0
        change = smallest_slowdown(len(logs), spread, self._median_margin(), spec.budget.median)
        yield Detectable(family="median latency", change=change)
        slow = smallest_slow_share(trial.tail.alone.requests)
        yield Detectable(family=TAIL, change=slow)

    def _effects(self) -> Iterator[Effect]:
        trial, margins = self.trial, self.spec.allowed
        if total := trial.outputs.requests:
            yield _share_effect("outputs", trial.outputs.differed, total, margins.outputs)
        if total := trial.errors.requests:
            noise = _interval(trial.errors.production_only, total)
            effect = _share_effect("errors", trial.errors.candidate_only, total, margins.errors)
            yield replace(effect, noise=noise)
        yield from self._median_effect()
        if trial.tail.requests and trial.tail.threshold is not None:
            yield self._tail_effect()

    def _median_effect(self) -> Iterator[Effect]:
        """Yield the effect; intervals are as much wider as two starts of production are apart."""
        margin = self._median_margin()
        production, candidate = (
            sorted(margin * excess for excess in self._excesses(arm)) for arm in (1, ARMS - 1)
        )
        if places := places_of(0.5, len(candidate)):
            low, middle, high = places
            luck = abs(production[middle])
            yield Effect(
                family="median latency",
                effect=candidate[middle],
                low=candidate[low] - luck,
                high=candidate[high] + luck,
                margin=margin,
                noise=(production[low] - luck, production[high] + luck),
            )

    def _median_margin(self) -> float:
        """Return the margin relative to production's median, which the floor may raise."""
        usual = median(self._latencies.arms[0] or [1.0])
        return allowance(usual, self.spec.allowed.median, self.spec.allowed.floor) / usual

    def _excesses(self, arm: int) -> Iterator[float]:
        """Yield how much slower than A each request of an arm was, in units of its own margin."""
        margins = self.spec.allowed
        for a, seconds in zip(self._latencies.arms[0], self._latencies.arms[arm], strict=True):
            yield (seconds - a) / allowance(a, margins.median, margins.floor)

    def _tail_effect(self) -> Effect:
        """Return the share of slow requests less production's; its bounds hold for both at once."""
        tail = self.trial.tail
        total = tail.requests
        (a_low, a_high), (b_low, b_high), (c_low, c_high) = (
            _interval(slow, total) for slow in tail.slow
        )
        return Effect(
            family=TAIL,
            effect=(tail.slow[2] - tail.slow[0]) / total,
            low=c_low - a_high,
            high=c_high - a_low,
            margin=tail.margin,
            noise=(b_low - a_high, b_high - a_low),
        )


def _share(budget: Budget, parts: int) -> Budget:
    """Return what one of so many groups may spend; the sum of all is one budget more."""
    return Budget(
        outputs=budget.outputs / parts,
        errors=budget.errors / parts,
        median=budget.median / parts,
    )


def _group(name: str, part: _Part) -> Group:
    return Group(
        name=name,
        requests=part.requests,
        differed=part.outputs.differed,
        findings=part.findings(),
    )


def _interval(events: int, total: int) -> tuple[float, float]:
    """Return the exact bounds of a rate, each at 99 %."""
    low = exact.lower_bound(events, total, CONFIDENCE)
    return low, exact.upper_bound(events, total, CONFIDENCE)


def _share_effect(family: str, events: int, total: int, margin: float) -> Effect:
    low, high = _interval(events, total)
    return Effect(family=family, effect=events / total, low=low, high=high, margin=margin)


def _in_words(explanation: Explanation) -> str:
    difference = explanation.difference
    said = f"{difference.field or 'the body'}: {difference.kind}"
    if explanation.pattern:
        said += f", {explanation.pattern.name} {explanation.pattern.parameter}".rstrip()
    if explanation.index is not None:
        pair = str(explanation.second), str(explanation.first)
        second, first = shortened_pair(*pair, _LONGEST_VALUE)
        said += f"; [{explanation.index}] {second}, production {first}"
        said += f" ({explanation.ulps} units in the last place)"
    elif difference.flips:
        flip = difference.flips[0]
        second, first = shortened_pair(flip.second, flip.first, _LONGEST_VALUE)
        said += f"; [{flip.row}] {second!r}, production {first!r}"
    return said
