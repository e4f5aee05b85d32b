"""When answers that come in pieces begin: a service may hold back what production sends at once.

The whole answer then takes as long as before, but whoever reads along waits for its first byte. An
arm's is late if it comes more than half of production A's time later, and by more than a floor.
Under the null B is alone in that as often as the candidate.
"""

from dataclasses import dataclass, field

from harness.shadow.core.events import Played, Timed
from harness.shadow.core.evidence import exact
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.reason import Why, because
from harness.shadow.core.observers.one_sided import OneSided
from harness.verdict import Judgement

FAMILY = "first byte"
MARGIN, FLOOR = 0.5, 1e-3
"""A share of production's time and seconds: what starts of one image differ by anyway."""
_BY_CHANCE = 0.005


@dataclass(slots=True)
class FirstBytes:
    """Tests of requests whose answer came in pieces from either production arm."""

    streams: int = 0
    _late: OneSided = field(default_factory=OneSided)

    def observe(self, played: Played) -> None:
        """Take one request of those that are asked one after the other."""
        a, b, c = played.arms
        streams = not (a.first is None and b.first is None)
        if not streams or not all(timed.reply.succeeded for timed in played.arms):
            self._late.observe(production=False, candidate=False)
            return
        self.streams += 1
        usual = _seconds(a)
        limit = usual + max(MARGIN * usual, FLOOR)
        self._late.observe(_seconds(b) > limit, _seconds(c) > limit)

    def findings(self) -> list[Finding]:
        """Return what is known by now, if any answer came in pieces."""
        if not self.streams:
            return []
        late, judgement = self._late, self._judgement()
        began = because(
            Why.LATE,
            streams=self.streams,
            candidate=late.candidate_only,
            production=late.production_only,
        )
        doubtful = judgement is Judgement.INCONCLUSIVE
        return [
            Finding(
                family=FAMILY,
                judgement=judgement,
                reasons=(began, because(Why.TOO_MANY)) if doubtful else (began,),
                requests=self.streams,
                against=late.against,
            )
        ]

    def _judgement(self) -> Judgement:
        late = self._late
        if late.failed:
            return Judgement.FAIL
        alone, both = late.candidate_only, late.candidate_only + late.production_only
        most = alone > late.production_only and alone * 2 >= self.streams
        doubtful = most or exact.at_least(alone, both, 0.5) <= _BY_CHANCE
        return Judgement.INCONCLUSIVE if doubtful else Judgement.PASS


def _seconds(timed: Timed) -> float:
    return (timed.finished if timed.first is None else timed.first) - timed.intended
