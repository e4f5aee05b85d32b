"""How many requests each field differed in, in the candidate alone and in production alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.shadow.core.answers.comparison import general
from harness.shadow.core.answers.levels import Difference, Level
from harness.shadow.core.events import Played
from harness.shadow.core.page.differing import FieldCount

MOST_FIELDS = 1_000
MOST_SHOWN = 8
_OUTCOME = "outcome"


@dataclass(slots=True)
class _Counted:
    candidate: int = 0
    production: int = 0
    again: int = 0
    """Of the candidate's, those that came back when they were asked again."""


@dataclass(slots=True)
class Differing:
    """Counts of requests by field; what differs in both alike counts for neither."""

    fields: dict[str, _Counted] = field(default_factory=dict)

    def observe(
        self,
        played: Played,
        production: Iterable[Difference],
        candidate: Iterable[Difference],
        *,
        replayed: bool,
    ) -> None:
        """Take how B and the candidate differ from A on one request."""
        a, b, c = (timed.reply.outcome for timed in played.arms)
        ours, theirs = _names(candidate, differs=c != a), _names(production, differs=b != a)
        for name in ours ^ theirs:
            if name not in self.fields and len(self.fields) == MOST_FIELDS:
                continue
            counted = self.fields.setdefault(name, _Counted())
            if replayed:
                counted.again += name in ours
            else:
                counted.candidate += name in ours
                counted.production += name in theirs

    def counts(self) -> list[FieldCount]:
        """Return the fields that differ most in the candidate alone."""
        ordered = sorted(
            self.fields.items(),
            key=lambda item: (item[1].production - item[1].candidate, -item[1].again, item[0]),
        )
        return [
            FieldCount(
                field=name,
                candidate=counted.candidate,
                production=counted.production,
                again=counted.again,
            )
            for name, counted in ordered[:MOST_SHOWN]
        ]


def _names(differences: Iterable[Difference], *, differs: bool) -> set[str]:
    found = {general(each.field) for each in differences if each.level >= Level.BEYOND}
    return {name or _OUTCOME for name in found} | ({_OUTCOME} if differs else set())
