"""What one family of tests found, and what is made of all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.shadow.core.evidence.reason import Reason
from harness.verdict import Judgement, gravest, outranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The probability of a false alarm, and of a false PASS, that each family may spend.

    The first four add up to the comparison's .01; latency's .003 is halved between median and tail.
    Resources are measured on starts instead of requests, and have their own. `control` is the
    probability that two alike starts of production are taken for unlike, which costs further starts
    and proves nothing.
    """

    outputs: float = 0.004
    errors: float = 0.003
    median: float = 0.0015
    tail: float = 0.0015
    resources: float = 0.003
    control: float = 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One family's judgement with its reasons, the evidence and on how many requests.

    `against` and `in_favour` are e-values: how many times what was staked was won by betting that
    the candidate is worse, and that it is no worse than the margin. `blocking` is whether PASS of
    the whole needs PASS here.
    """

    family: str
    judgement: Judgement
    reasons: tuple[Reason, ...]
    requests: int
    against: float = 1.0
    in_favour: float = 1.0
    blocking: bool = True


def overall(findings: Iterable[Finding]) -> Judgement:
    """Return the gravest judgement; what does not block counts only if graver than INCONCLUSIVE."""
    found = {
        finding.judgement
        for finding in findings
        if finding.blocking or outranks(finding.judgement, Judgement.INCONCLUSIVE)
    }
    return gravest(found) or Judgement.INCONCLUSIVE
