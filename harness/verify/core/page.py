"""A verification on a page: the verdict and the causes first, every output below."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.formats.wording import worded
from harness.render.html import Content, element, folded, table
from harness.verdict import Verdict
from harness.verify.core.cause import Cause
from harness.verify.core.report import details, name_of, plural, scope, tally, told_once
from harness.verify.core.verdict import OutputResult, Verification, worst_first

STYLE = """
th, td { overflow-wrap: break-word; }
td code { display: block; min-width: 9rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: break-word; }
"""
"""Words are broken only where they are values: those of a hash, say."""
_REASONS = 3
_MOST = 8
"""Outputs whose reasons stand above everything else."""
_HEAD = ("file", "field", "first", "rebuilt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Where a page comes from: the time (ISO 8601), harness's version, the sources' commit if any.

    `dirty` says that the sources were not those of the commit.
    """

    at: str
    harness: str
    commit: str = ""
    dirty: bool = False

    def __str__(self) -> str:
        """Say it in a line."""
        changed = " with changes" if self.dirty else ""
        sources = f", sources at commit {self.commit}{changed}" if self.commit else ""
        return f"made on {self.at} by harness {self.harness}{sources}"


def section(verification: Verification, beside: Sequence[Content] = ()) -> Iterator[Content]:
    """Yield what tells of one environment; `beside` stands below its verdict."""
    results = worst_first(verification.results)
    yield element("h2", verification.environment, ": ", _coloured(verification.verdict))
    yield from beside
    yield _facts(verification)
    if rows := [_why(one) for one in results if one.verdict is not Verdict.SAME]:
        yield table(("output", "verdict", "why, and what helps"), rows[:_MOST])
        rest = [f"and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
        yield from (element("p", said) for said in rest)
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


def _facts(verification: Verification) -> Content:
    """Return what was verified when, under which conditions."""
    conditions, results = verification.conditions, verification.results
    dates = sorted(one.verified_at for one in results if one.verified_at)
    lacking = ", ".join(conditions.not_exercised) or "none"
    facts = {
        "outputs": tally(results),
        "verified": dates[0] if dates else "nothing was rebuilt",
        "conditions": scope(verification),
        **({"not exercised": lacking} if conditions.moved else {}),
    }
    pairs = ((element("dt", name), element("dd", text)) for name, text in facts.items())
    return element("dl", *(one for pair in pairs for one in pair))


def _why(result: OutputResult) -> tuple[Content, ...]:
    """Return an output with its derivation, its verdict, and the first reason in words."""
    name = element("div", name_of(result), element("code", result.derivation))
    causes = told_once(result.causes)
    lines = [f"{cause.title}; remedy: {cause.remedy}" for cause in causes[:_REASONS]]
    if len(causes) > _REASONS:
        lines.append(f"and {len(causes) - _REASONS} more causes")
    if result.unexplained:
        lines.append(f"not explained: {plural(len(result.unexplained), 'file')}")
    lines = lines or (result.reason or "no cause was found").splitlines()[:_REASONS]
    return name, _coloured(result.verdict), element("div", *(element("div", x) for x in lines))


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
        (one.path, worded(one.place), element("code", one.first), element("code", one.second))
        for one in cause.evidence
    ]
    if rows:
        yield table(_HEAD, rows)


def _coloured(verdict: Verdict) -> Content:
    return element("span", verdict.value, class_=verdict.colour)
