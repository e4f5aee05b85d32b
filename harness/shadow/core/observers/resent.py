"""Requests that went out twice because the service closed a kept connection under the first.

A service that closes idle connections now and then is as good as another, and what is lost so is
asked once more. One that closes them under requests far more often than production does may hide
that it fails: its clients notice.
"""

from dataclasses import dataclass, field

from harness.shadow.core.events import Played
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.reason import Why, because
from harness.shadow.core.observers.one_sided import OneSided
from harness.verdict import Judgement

FAMILY = "kept connections"


@dataclass(slots=True)
class Resent:
    """Tests of requests that exactly one of B and the candidate had to be sent twice."""

    _twice: OneSided = field(default_factory=OneSided)

    def observe(self, played: Played) -> None:
        """Take one request, asked for the first time or again."""
        _, b, c = played.arms
        self._twice.observe(b.again, c.again)

    def findings(self) -> list[Finding]:
        """Return what is known by now, if production or the candidate had any such request."""
        twice = self._twice
        if not (twice.candidate_only or twice.production_only):
            return []
        closed = because(
            Why.CLOSED,
            candidate=twice.candidate_only,
            production=twice.production_only,
            requests=twice.requests,
        )
        return [
            Finding(
                family=FAMILY,
                judgement=Judgement.FAIL if twice.failed else Judgement.PASS,
                reasons=(closed,),
                requests=twice.requests,
                against=twice.against,
                blocking=False,
            )
        ]
