"""The page of what is known: the verdict and the causes first, every output below."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from harness.attest.core import quorum
from harness.govern.core.assessment import Assessment, Comparison, comparisons, verdict
from harness.govern.core.report import BUILDERS, CASE
from harness.render.html import Content, element, page
from harness.verdict import gravest
from harness.verify.core.page import STYLE, Made, section


def as_html(
    known: Sequence[Assessment],
    reports: Mapping[str, str] = MappingProxyType({}),
    made: Made | None = None,
) -> bytes:
    """Return the page; `reports` are the addresses of the pages of comparisons, as seen from it."""
    title = f"harness verify: {verdict(known)}"
    if compared := list(comparisons(known).values()):
        title += f"; {CASE}: {_gravest(compared)}"
    return page(
        title,
        *((element("p", f"{made}."),) if made else ()),
        *(content for one in known for content in _section(one, reports.get(one.name, ""))),
        style=STYLE,
    )


def _section(known: Assessment, report: str) -> Iterator[Content]:
    if known.verification:
        yield from section(known.verification, tuple(_comparison(known.comparison, report)))
    if said := known.statements:
        coloured = element("span", said.verdict, class_=said.verdict.colour)
        yield element("h2", f"{known.name}, {BUILDERS}: ", coloured)
        yield element("ul", *(element("li", line.strip()) for line in quorum.lines(said)))


def _gravest(compared: Sequence[Comparison]) -> str:
    return gravest(one.judgement for one in compared if one.judgement) or compared[0].verdict


def _comparison(comparison: Comparison | None, report: str) -> Iterator[Content]:
    """Return what stands beside the rebuilds; `report` is where the run's own page is, or empty."""
    if comparison is None:
        return
    colour = comparison.judgement.colour if comparison.judgement else "open"
    yield element("h3", f"{CASE}: ", element("span", comparison.verdict, class_=colour))
    yield element("ul", *(element("li", line.strip()) for line in comparison.lines))
    if report:
        yield element("p", element("a", "report of the comparison", href=report))
