"""How much worse the candidate is, by family, and how little could have been seen."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median, pstdev

from harness.shadow.core.events import ARMS
from harness.shadow.core.evidence import exact
from harness.shadow.core.evidence.alone import smallest_slow_share
from harness.shadow.core.evidence.detectable import smallest_share, smallest_slowdown
from harness.shadow.core.evidence.finding import Budget
from harness.shadow.core.evidence.latency import allowance
from harness.shadow.core.evidence.margins import Margins
from harness.shadow.core.evidence.outputs import CONFIDENCE
from harness.shadow.core.evidence.tail import FAMILY as TAIL
from harness.shadow.core.evidence.trial import Trial
from harness.shadow.core.observers.series import Latencies, places_of
from harness.shadow.core.page.forest import Effect
from harness.shadow.core.result import Detectable


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What the counts of a trial and the latencies of its requests come to."""

    trial: Trial
    latencies: Latencies
    budget: Budget
    margins: Margins

    def detectable(self) -> Iterator[Detectable]:
        """Yield the smallest change of each family that so many requests could have shown."""
        trial = self.trial
        yield Detectable(family="outputs", change=smallest_share(trial.outputs.requests))
        yield Detectable(family="errors", change=smallest_share(trial.errors.requests))
        logs = [math.log(ratio) for ratio in self.latencies.ratios(ARMS - 1)]
        spread = pstdev(logs) if logs else 0.0
        change = smallest_slowdown(len(logs), spread, self._median_margin(), self.budget.median)
        yield Detectable(family="median latency", change=change)
        slow = smallest_slow_share(trial.tail.alone.requests)
        yield Detectable(family=TAIL, change=slow)

    def effects(self) -> Iterator[Effect]:
        """Yield how much worse the candidate was, by family."""
        trial, margins = self.trial, self.margins
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
        usual = median(self.latencies.arms[0] or [1.0])
        return allowance(usual, self.margins.median, self.margins.floor) / usual

    def _excesses(self, arm: int) -> Iterator[float]:
        """Yield how much slower than A each request of an arm was, in units of its own margin."""
        margins = self.margins
        for a, seconds in zip(self.latencies.arms[0], self.latencies.arms[arm], strict=True):
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


def _interval(events: int, total: int) -> tuple[float, float]:
    """Return the exact bounds of a rate, each at 99 %."""
    low = exact.lower_bound(events, total, CONFIDENCE)
    return low, exact.upper_bound(events, total, CONFIDENCE)


def _share_effect(family: str, events: int, total: int, margin: float) -> Effect:
    low, high = _interval(events, total)
    return Effect(family=family, effect=events / total, low=low, high=high, margin=margin)
