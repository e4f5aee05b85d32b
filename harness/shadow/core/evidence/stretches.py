"""Stretches of a run: requests that were asked so soon after each other that one event meets all.

A pause, a restart or a full queue is one event, however many requests it meets.
"""

from dataclasses import dataclass, field

from harness.shadow.core.evidence.alone import BLOCK


@dataclass(slots=True)
class Stretches:
    """Numbers stretches: so many requests on end, or a round in which doubts are asked again."""

    number: int = 0
    _asked: list[str] = field(default_factory=list)
    _replayed: bool = False

    def observe(self, request: str, *, replayed: bool) -> int:
        """Return the number of the stretch that a request is part of."""
        another_round = replayed and request in self._asked
        if replayed is not self._replayed or another_round or len(self._asked) == BLOCK:
            self.number += 1
            self._asked.clear()
        self._replayed = replayed
        self._asked.append(request)
        return self.number
