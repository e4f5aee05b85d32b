"""The page of what is known: the verdict and the causes first, every output below."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from harness.attest.core import quorum
from harness.govern.core.assessment import Assessment, Comparison
from harness.govern.core.opening import opening
from harness.govern.core.report import BUILDERS, CASE
from harness.render.html import Content, element, marked, page
from harness.render.opening import Made
from harness.verify.core.page import section


def as_html(
    known: Sequence[Assessment],
    reports: Mapping[str, str] = MappingProxyType({}),
    made: Made | None = None,
) -> bytes:
    """Return the page; `reports` are the addresses of the pages of comparisons, as seen from it."""
    first = opening(known, made)
    sections = (part for one in known for part in _section(one, reports.get(one.name, "")))
    return page(first.title, first.drawn(), *sections)


def _section(known: Assessment, report: str) -> Iterator[Content]:
    if known.verification:
        yield from section(known.verification, tuple(_comparison(known.comparison, report)))
    if said := known.statements:
        told = marked(said.verdict, said.verdict.colour)
        yield element("h2", f"{known.name}, {BUILDERS}: ", told)
        yield element("ul", *(element("li", line.strip()) for line in quorum.lines(said)))


def _comparison(comparison: Comparison | None, report: str) -> Iterator[Content]:
    """Return what stands beside the rebuilds; `report` is where the run's own page is, or empty."""
    if comparison is None:
        return
    yield element("h3", f"{CASE}: ", marked(comparison.verdict, comparison.colour))
    yield element("ul", *(element("li", line.strip()) for line in comparison.lines))
    if report:
        yield element("p", element("a", "report of the comparison", href=report))
