"""How the arms came out of one request: with success, with a refusal, or broken."""

from dataclasses import dataclass

from harness.shadow.core.answers.answer import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How the three arms came out of one request, in order: A, B, the candidate.

    `succeeded` is an answer of success. `broke` is the service's own failure: a status from 500, an
    answer that contradicts itself, or none at all; a refusal (404, 302) is an answer like another.
    """

    succeeded: tuple[bool, bool, bool]
    broke: tuple[bool, bool, bool]

    @property
    def comparable(self) -> bool:
        """Whether they are judged as answers: where one broke and one succeeded, as errors."""
        return not (any(self.broke) and any(self.succeeded))


def outcomes_of(replies: tuple[Reply, Reply, Reply]) -> Outcomes:
    """Return how the arms came out of a request."""
    a, b, c = replies
    return Outcomes(
        succeeded=(a.succeeded, b.succeeded, c.succeeded), broke=(_broke(a), _broke(b), _broke(c))
    )


def _broke(reply: Reply) -> bool:
    return not reply.outcome.isdigit() or reply.outcome >= "5"
