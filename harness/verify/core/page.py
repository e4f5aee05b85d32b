"""A verification on a page: the verdict and the causes first, every output below."""

from collections.abc import Iterator, Sequence

from harness.errors import Exit
from harness.formats.wording import worded
from harness.render.html import Content, element, folded, lines, marked, pairs, prose, table
from harness.render.opening import named
from harness.verdict import Verdict
from harness.verify.core.causes.cause import Cause
from harness.verify.core.report import details, name_of, plural, scope, tally, told_once
from harness.verify.core.verdict import OutputResult, Verification, worst_first

REMEDIES = {
    Exit.DONE: "Nothing.",
    Exit.DIFFERENT: "No cause was found: below is what differs, or how the second build ended.",
    Exit.TOOL: "Repair the build: the end of its log is below.",
    Exit.UNTOLD: "Remove what stood in the way, and verify again.",
    Exit.INTEGRITY: "Do not use it: find out who wrote to the store, and mend it.",
}
"""What helps where no cause says what does, by what a verdict is worth."""
_REASONS = 3
_MOST = 8
"""Outputs whose reasons stand above everything else."""
_HEAD = ("file", "field", "first", "rebuilt")


def section(verification: Verification, beside: Sequence[Content] = ()) -> Iterator[Content]:
    """Yield what tells of one environment; `beside` stands below its verdict."""
    results = worst_first(verification.results)
    exceptions = [one for one in results if one.verdict is not Verdict.SAME]
    yield element("h2", f"{named(verification.environment)}: ", _marked(verification.verdict))
    yield from beside
    yield _facts(verification)
    if exceptions:
        rows = [_why(one) for one in exceptions[:_MOST]]
        yield table(("output", "verdict", "why", "what helps"), rows)
    if rest := exceptions[_MOST:]:
        yield element("p", f"and {len(rest)} more")
    yield from map(_exception, exceptions)
    yield from _not_exercised(verification)
    rows = [(name_of(one), _marked(one.verdict), element("code", one.nar_hash)) for one in results]
    yield folded(f"all {len(results)} outputs", lines(("output", "verdict", "hash"), rows))


def _not_exercised(verification: Verification) -> Iterator[Content]:
    if lacking := verification.conditions.not_exercised:
        rows = list(lacking.items())
        yield folded(f"{plural(len(rows), 'factor')} not exercised", table(("factor", "why"), rows))
    unreached = [
        (name_of(one), ", ".join(one.unreached), next(iter(one.unreached.values())))
        for one in worst_first(verification.results)
        if one.unreached
    ]
    if unreached:
        said = f"{plural(len(unreached), 'output')} that some factors did not reach"
        yield folded(said, table(("output", "factors", "why"), unreached))


def _facts(verification: Verification) -> Content:
    """Return what was verified, under which conditions."""
    conditions = verification.conditions
    lacking = ", ".join(conditions.not_exercised) or "none"
    facts = {
        "outputs": tally(verification.results),
        "conditions": scope(verification),
        **({"not exercised": lacking} if conditions.moved else {}),
    }
    return pairs(facts.items())


def _why(result: OutputResult) -> tuple[Content, ...]:
    """Return an output with its derivation, its verdict, the first reasons, and what helps."""
    name = element("div", name_of(result), element("div", result.derivation, class_="soft path"))
    remedies = dict.fromkeys(cause.remedy for cause in result.causes)
    helps = remedies or [REMEDIES[result.verdict.code]]
    return name, _marked(result.verdict), _each(reasons_of(result)), _each([*helps][:_REASONS])


def reasons_of(result: OutputResult) -> list[str]:
    """Return the first causes of one output in words, or the reason of its verdict."""
    causes = told_once(result.causes)
    told = [cause.title for cause in causes[:_REASONS]]
    if len(causes) > _REASONS:
        told.append(f"and {len(causes) - _REASONS} more causes")
    if result.unexplained:
        told.append(f"not explained: {plural(len(result.unexplained), 'file')}")
    return told or (result.reason or "no cause was found").splitlines()[:_REASONS]


def _each(texts: Sequence[str]) -> Content:
    return element("div", *(element("div", prose(text)) for text in texts))


def _exception(result: OutputResult) -> Content:
    heading = element("span", f"{name_of(result)}: ", _marked(result.verdict))
    told = [content for cause in told_once(result.causes) for content in _cause(cause)]
    if result.unexplained:
        told.append(element("p", f"Not explained: {', '.join(result.unexplained[:20])}"))
    raw = folded("details", element("pre", element("code", details(result))))
    return folded(heading, *told, raw, unfolded=bool(told))


def _cause(cause: Cause) -> Iterator[Content]:
    yield element("p", element("strong", cause.factor), f": {cause.title} (files: {cause.files}).")
    yield element("p", prose(f"Remedy: {cause.remedy}."))
    rows = [
        (one.path, worded(one.place), element("code", one.first), element("code", one.second))
        for one in cause.evidence
    ]
    if rows:
        yield table(_HEAD, rows)


def _marked(verdict: Verdict) -> Content:
    return marked(verdict.value, verdict.colour)
