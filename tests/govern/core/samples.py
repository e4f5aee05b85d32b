"""What is known of some environments."""

from harness.attest.core.quorum import Quorum
from harness.govern.core.assessment import Assessment, Comparison
from harness.verdict import Judgement, Verdict
from harness.verify.core.verdict import OutputResult
from tests.attest.core.samples import DERIVATION, TOOL, result, verification

QUORUM = Quorum(
    environment="serving",
    derivation=DERIVATION,
    threshold=1,
    voices=(),
    silent=("ann",),
    refusals=(),
)


def known(*results: OutputResult, judgement: Judgement | None = None) -> Assessment:
    compared = Comparison(judgement=judgement, lines=("  why",), run="/runs/1")
    return Assessment(
        name="serving",
        verification=verification(*results),
        comparison=compared if judgement else None,
    )


def found(verdict: Verdict) -> Assessment:
    return known(result(TOOL, verdict))
