"""Whether the candidate takes more memory, processor or time to start, over several starts.

The exact permutation test of ranks (Wilcoxon 1945): under the null every division of the starts'
values between candidate and production is as likely as any other.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.margins import LEAST_STARTS
from harness.shadow.core.evidence.reason import Why, because
from harness.verdict import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What one quantity was at each start, in one unit, and how much more of it is allowed.

    A value may be greater by `relative` of it, and by `absolute` in the same unit.
    """

    production: Sequence[float]
    candidate: Sequence[float]
    relative: float = 0.1
    absolute: float = 0.0


def judge_resources(resources: Mapping[str, Resource], alpha: float = 0.003) -> list[Finding]:
    """Return a finding for each resource; FAIL and PASS each hold for all at once (Holm 1979)."""
    allowed = {name: _allowed(resource) for name, resource in resources.items()}
    more = {n: as_great(r.candidate, allowed[n]) for n, r in resources.items()}
    less = {n: as_great(allowed[n], r.candidate) for n, r in resources.items()}
    worse, no_worse = holm(more, alpha), holm(less, alpha)
    return [
        _finding(name, resource, name in worse, name in no_worse)
        for name, resource in resources.items()
    ]


def _allowed(resource: Resource) -> list[float]:
    return [value * (1 + resource.relative) + resource.absolute for value in resource.production]


def _finding(name: str, resource: Resource, worse: bool, no_worse: bool) -> Finding:
    starts = min(len(resource.production), len(resource.candidate))
    if starts < LEAST_STARTS:
        few = because(Why.FEW_STARTS, starts=starts, needed=LEAST_STARTS)
        judgement = Judgement.INCONCLUSIVE
        return Finding(family=name, judgement=judgement, reasons=(few,), requests=starts)
    judgement, why = Judgement.INCONCLUSIVE, Why.MAYBE_MORE_USED
    if worse:
        judgement, why = Judgement.FAIL, Why.MORE_USED
    elif no_worse:
        judgement, why = Judgement.PASS, Why.NO_MORE_USED
    used = because(
        why,
        candidate=median(resource.candidate),
        production=median(resource.production),
        allowed=resource.relative,
    )
    return Finding(family=name, judgement=judgement, reasons=(used,), requests=starts)


def as_great(values: Sequence[float], others: Sequence[float]) -> float:
    """Return the one-sided p-value of the values' rank sum, exactly and with mid-ranks for ties."""
    ranks = _doubled_ranks([*values, *others])
    sums: list[Counter[int]] = [Counter({0: 1}), *(Counter() for _ in values)]
    for rank in ranks:
        for size in range(len(values), 0, -1):
            for total, ways in sums[size - 1].items():
                sums[size][total + rank] += ways
    seen = sum(ranks[: len(values)])
    extreme = sum(ways for total, ways in sums[-1].items() if total >= seen)
    return extreme / math.comb(len(ranks), len(values))


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Return twice the mid-rank of each value, which is an integer."""
    counts, below, ranks = Counter(values), 0, {}
    for value in sorted(counts):
        ranks[value] = 2 * below + counts[value] + 1
        below += counts[value]
    return [ranks[value] for value in values]


def holm(p_values: Mapping[str, float], alpha: float) -> set[str]:
    """Return the names whose nulls are rejected, all at once with error `alpha` (Holm 1979)."""
    rejected: set[str] = set()
    for name, p_value in sorted(p_values.items(), key=lambda item: item[1]):
        if p_value > alpha / (len(p_values) - len(rejected)):
            break
        rejected.add(name)
    return rejected
