"""The requests that the candidate answered most differently, and how, in words."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.render.shortened import shortened_pair
from harness.shadow.core.answers.explanation import Explanation, explain
from harness.shadow.core.answers.levels import Difference, Level, Rules
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.events import Played
from harness.shadow.core.result import Worst

MOST_WORST = 20
_LONGEST_VALUE = 60
_MOST_REASONS = 5
_OUTCOME = Level.STRUCTURE + 1
"""Graver than any difference: an outcome of the candidate's own."""


@dataclass(slots=True, kw_only=True)
class Gravest:
    """Keeps the gravest requests, the first of equals."""

    protocol: Protocol
    rules: Rules
    _kept: list[tuple[int, float, int, Played]] = field(default_factory=list)
    _seen: int = 0

    def observe(self, played: Played, candidate: Sequence[Difference]) -> None:
        """Take one request with the candidate's differences."""
        self._seen += 1
        outcomes = {timed.reply.outcome for timed in played.arms[:2]}
        own = played.arms[2].reply.outcome not in outcomes
        level = max((difference.level for difference in candidate), default=Level.IDENTICAL)
        if not own and level <= Level.EQUAL:
            return
        distance = max((difference.distance for difference in candidate), default=math.inf)
        entry = (_OUTCOME if own else int(level), distance, -self._seen, played)
        keep = heapq.heappush if len(self._kept) < MOST_WORST else heapq.heappushpop
        keep(self._kept, entry)

    def explained(self) -> tuple[Worst, ...]:
        """Return the requests, the gravest first."""
        return tuple(
            self._explained(level, played)
            for level, _, _, played in sorted(self._kept, reverse=True)
        )

    def _explained(self, level: int, played: Played) -> Worst:
        first, _, last = played.arms
        a, b, c = (timed.seconds for timed in played.arms)
        if first.reply.outcome != last.reply.outcome:
            reasons = [f"outcome {last.reply.outcome}, production {first.reply.outcome}"]
        else:
            found = explain(first.reply, last.reply, self.protocol, self.rules)
            found = sorted(found, key=lambda each: -each.difference.level)
            reasons = [_in_words(each) for each in found[:_MOST_REASONS]]
        name = "outcome" if level == _OUTCOME else Level(level).name.lower()
        return Worst(number=played.number, level=name, reasons=tuple(reasons), seconds=(a, b, c))


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
