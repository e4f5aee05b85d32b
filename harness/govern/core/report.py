"""Reports of what is known: an object for scripts (docs/verify-report.md), and JUnit for CI."""

from collections.abc import Iterator, Sequence
from typing import Any

from harness.attest.core import quorum
from harness.govern.core.assessment import Assessment, Comparison, code, comparisons, verdict
from harness.render.junit import Case, Outcome, Ran, Suite, written
from harness.verify.core import report as rebuilds

CASE = "against production"
BUILDERS = "statements of other builders"


def as_object(known: Sequence[Assessment]) -> dict[str, Any]:
    """Return what `harness verify --json` prints."""
    report = {
        "verdict": verdict(known).value,
        "exit-code": code(known),
        "environments": [environment for one in known for environment in _environments(one)],
    }
    compared = {name: _comparison(one) for name, one in comparisons(known).items()}
    return report | ({"shadow": compared} if compared else {})


def _environments(known: Assessment) -> Iterator[dict[str, Any]]:
    if known.verification:
        benign = {"benign": known.waivers.as_object()}
        yield rebuilds.as_object(known.verification) | benign
    if known.statements:
        yield quorum.as_object(known.statements)


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "judgement": comparison.judgement,
        "lines": list(comparison.lines),
        "run": comparison.run,
    }


def as_junit(known: Sequence[Assessment], ran: Ran) -> bytes:
    """Return a JUnit file: a suite an environment, a case an output.

    Production and the builders that were asked have a case each. What is not reproducible is a
    failure; what could not be told, or is corrupt, an error. Outputs of which every difference is
    waived pass, with what differs beside them.
    """
    return written([Suite(name=one.name, cases=list(_cases(one))) for one in known], ran)


def _cases(known: Assessment) -> Iterator[Case]:
    if known.verification:
        yield from rebuilds.cases(known.verification, known.waivers.covered)
    if known.comparison:
        yield case(known.comparison)
    if said := known.statements:
        yield Case(
            name=BUILDERS,
            outcome=said.verdict.outcome,
            type=said.verdict,
            message=said.verdict,
            text="\n".join(quorum.lines(said)),
        )


def case(comparison: Comparison) -> Case:
    """Return the test case: only PASS succeeds, and what was not wanted is skipped."""
    judgement = comparison.judgement
    where = [f"run: {comparison.run}"] if comparison.run else []
    return Case(
        name=CASE,
        outcome=judgement.outcome if judgement else Outcome.SKIPPED,
        type=comparison.verdict,
        message=comparison.verdict,
        text="\n".join([*comparison.lines, *where]),
    )
