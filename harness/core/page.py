"""The HTML report of a verification: the verdict and the causes first, every output below."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from harness.core.cause import Cause
from harness.core.held import CASE, Held, gravest_first, section
from harness.core.html import Content, element, folded, page, table
from harness.core.report import counts, details, name_of, told_once
from harness.core.verdict import (
    EXIT_CODES,
    OutputResult,
    Verdict,
    Verification,
    overall,
    worst_first,
)

_COLOURS = {0: "good", 1: "bad", 3: "bad", 4: "open", 5: "bad"}
_HEAD = ("file", "field", "first", "rebuilt")


def as_html(
    verifications: Sequence[Verification],
    compared: Mapping[str, Held] = MappingProxyType({}),
    reports: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return the page for several environments or derivations.

    `compared` are environments that were held against production, by name; `reports` are the
    addresses of the pages of those runs, as seen from this page.
    """
    title = f"harness verify: {overall(one.verdict for one in verifications)}"
    if compared:
        title += f"; {CASE}: {gravest_first(compared.values())[0].verdict}"
    return page(
        title,
        *(
            content
            for one in verifications
            for content in _section(
                one, compared.get(one.environment), reports.get(one.environment, "")
            )
        ),
    )


def _section(verification: Verification, held: Held | None, report: str) -> Iterator[Content]:
    results = worst_first(verification.results)
    yield element("h2", verification.environment, ": ", _coloured(verification.verdict))
    yield from section(held, report) if held else ()
    found = ", ".join(f"{count} {verdict}" for verdict, count in counts(results).items())
    yield element("p", f"{found or 'no outputs'}. {verification.conditions}.")
    yield from (_exception(one) for one in results if one.verdict is not Verdict.SAME)
    if lacking := verification.conditions.not_exercised:
        rows = [(name, reason) for name, reason in lacking.items()]
        yield folded(f"{len(rows)} factors not exercised", table(("factor", "why"), rows))
    unreached = [
        (name_of(one), ", ".join(one.unreached), next(iter(one.unreached.values())))
        for one in results
        if one.unreached
    ]
    if unreached:
        head = ("output", "factors", "why")
        yield folded(
            f"{len(unreached)} outputs that some factors did not reach", table(head, unreached)
        )
    rows_of_all = [
        (name_of(one), _coloured(one.verdict), element("code", one.nar_hash)) for one in results
    ]
    yield folded(f"all {len(results)} outputs", table(("output", "verdict", "hash"), rows_of_all))


def _exception(result: OutputResult) -> Content:
    heading = element("span", f"{name_of(result)}: ", _coloured(result.verdict))
    told = [content for cause in told_once(result.causes) for content in _cause(cause)]
    if result.unexplained:
        told.append(element("p", f"Not explained: {', '.join(result.unexplained[:20])}"))
    raw = folded("details", element("pre", element("code", details(result))))
    return folded(heading, *told, raw, unfolded=bool(told))


def _cause(cause: Cause) -> Iterator[Content]:
    yield element("p", element("strong", cause.factor), f": {cause.title} (files: {cause.files}).")
    yield element("p", f"Remedy: {cause.remedy}.")
    rows = [
        (one.path, one.field, element("code", one.first), element("code", one.second))
        for one in cause.evidence
    ]
    if rows:
        yield table(_HEAD, rows)


def _coloured(verdict: Verdict) -> Content:
    return element("span", verdict.value, class_=_COLOURS[EXIT_CODES[verdict]])
