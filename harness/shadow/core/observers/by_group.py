"""Tests of each group of requests by itself, with a share of the budget; they decide nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.evidence.errors import Errors
from harness.shadow.core.evidence.finding import Budget, Finding
from harness.shadow.core.evidence.latency import MedianLatency
from harness.shadow.core.evidence.margins import Margins
from harness.shadow.core.evidence.outputs import Outputs
from harness.shadow.core.evidence.trial import Observed
from harness.shadow.core.result import Group

MOST_GROUPS = 20


@dataclass(slots=True)
class _Part:
    """One group's own tests."""

    outputs: Outputs
    errors: Errors
    median: MedianLatency
    requests: int = 0

    def observe(self, seconds: tuple[float, float, float] | None, seen: Observed) -> None:
        self.requests += 1
        self.errors.observe(seen.outcomes, seen.stretch)
        if seen.outcomes.comparable:
            self.outputs.observe(seen.production, seen.candidate, has=seen.has)
        if seconds:
            self.median.observe(*seconds)

    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            replace(family.finding(), blocking=False)
            for family in (self.outputs, self.errors, self.median)
        )


@dataclass(slots=True, kw_only=True)
class ByGroup:
    """Tests the first groups; requests of those beyond are counted."""

    rules: Rules
    budget: Budget
    margins: Margins
    _parts: dict[str, _Part] = field(default_factory=dict)
    _beyond: int = 0

    def observe(
        self, group: str, seconds: tuple[float, float, float] | None, seen: Observed
    ) -> None:
        """Take one request; `group` is "" if it has none, `seconds` None if not comparable."""
        part = self._part(group)
        if part is None:
            self._beyond += bool(group)
            return
        part.observe(seconds, seen)

    def _part(self, name: str) -> _Part | None:
        if name and name not in self._parts and len(self._parts) < MOST_GROUPS:
            share, margins = _share(self.budget, MOST_GROUPS), self.margins
            self._parts[name] = _Part(
                outputs=Outputs(margin=margins.outputs, alpha=share.outputs, rules=self.rules),
                errors=Errors(margin=margins.errors, alpha=share.errors),
                median=MedianLatency(
                    margin=margins.median,
                    floor=margins.floor,
                    alpha=share.median,
                    by_starts=False,
                ),
            )
        return self._parts.get(name)

    def groups(self) -> tuple[Group, ...]:
        """Return what is known of each group, by name."""
        return tuple(
            Group(
                name=name,
                requests=part.requests,
                differed=part.outputs.differed,
                findings=part.findings(),
            )
            for name, part in sorted(self._parts.items())
        )

    def unexercised(self) -> Iterator[str]:
        """Yield what was not tested by itself."""
        if self._beyond:
            yield (
                f"groups beyond the first {MOST_GROUPS}: {self._beyond} requests of theirs "
                "are judged with all others only"
            )


def _share(budget: Budget, parts: int) -> Budget:
    """Return what one of so many groups may spend; the sum of all is one budget more."""
    return Budget(
        outputs=budget.outputs / parts,
        errors=budget.errors / parts,
        median=budget.median / parts,
    )
