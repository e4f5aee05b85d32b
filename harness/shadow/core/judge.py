"""The judge of a run: events in, a result out, while the run goes on or from its log.

Nothing but events and what was asked for decides, so the same log gives the same result.
"""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

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
from harness.shadow.core.evidence.finding import Finding, overall
from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.shadow.core.evidence.resources import Resource, judge_resources
from harness.shadow.core.evidence.tail import FAMILY as TAIL
from harness.shadow.core.evidence.trial import Observed, Round, Trial
from harness.shadow.core.observers.beginnings import Beginnings
from harness.shadow.core.observers.by_group import ByGroup
from harness.shadow.core.observers.differing import Differing
from harness.shadow.core.observers.effects import Effects
from harness.shadow.core.observers.first_bytes import FirstBytes
from harness.shadow.core.observers.gravest import Gravest
from harness.shadow.core.observers.resent import Resent
from harness.shadow.core.observers.series import Agreement, Flips, History, Latencies
from harness.shadow.core.result import Counts, Setup, ShadowResult
from harness.shadow.core.spec import ShadowSpec
from harness.verdict import Judgement

_MOST_VOLATILE = 500
_MEBIBYTE = 2**20
_SHORTEST = 1e-9
"""Seconds that a clock can tell: what took less has no ratio."""
_MEMORY_SLACK = 4 * _MEBIBYTE
_SECONDS_SLACK = 0.2
"""What a start may always use more, besides a tenth: the noise of counting pages and ticks."""


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
    _gravest: Gravest = field(init=False)
    _by_group: ByGroup = field(init=False)
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
        self._gravest = Gravest(protocol=spec.protocol, rules=spec.rules)
        self._by_group = ByGroup(rules=spec.rules, budget=spec.budget, margins=spec.allowed)

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
        self._gravest.observe(played, seen.candidate)
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
        self._by_group.observe(played.group, seconds, seen)

    def _count(self, played: Played) -> None:
        self._rounds[played.phase] += 1
        for arm, timed in enumerate(played.arms):
            self._succeeded[arm] += timed.reply.succeeded
            self._sent_again[arm] += timed.again
            if not timed.reply.succeeded:
                self._failed[arm][timed.reply.outcome] += 1

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
        effects = Effects(
            trial=self.trial,
            latencies=self._latencies,
            budget=self.spec.budget,
            margins=self.spec.allowed,
        )
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
            worst=self._gravest.explained(),
            groups=self._by_group.groups(),
            volatile=tuple(self.trial.outputs.volatile[:_MOST_VOLATILE]),
            unexercised=(*self._unexercised, *self._by_group.unexercised()),
            detectable=tuple(effects.detectable()),
            effects=tuple(effects.effects()),
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
