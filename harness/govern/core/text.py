"""What is known, as a terminal shows it: at most a page, unless all evidence is wanted."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.attest.core import quorum
from harness.govern.core.assessment import Assessment
from harness.govern.core.detail import BRIEF, Detail
from harness.govern.core.report import CASE
from harness.verdict import Verdict
from harness.verify.core import benign
from harness.verify.core.report import details, name_of, scope, summary, tally
from harness.verify.core.verdict import OutputResult, Verification, worst_first

_MOST = 8
"""Outputs that are shown with their details before the rest is only counted."""
_WIDTH = 13
"""Columns that verdicts take at least."""


def verification_lines(known: Assessment, detail: Detail = BRIEF) -> Iterator[str]:
    """Yield the verdicts that are not SAME with their causes, the tally and the conditions."""
    if not (found := known.verification):
        return
    results = worst_first(found.results)
    exceptions = [one for one in results if one.verdict is not Verdict.SAME]
    listed = exceptions if detail.explain or detail.verbose else exceptions[:_MOST]
    shown = results if detail.verbose else listed
    width = max((len(result.verdict) for result in shown), default=0)
    for result in shown:
        yield f"{result.verdict:<{max(width, _WIDTH)}} {name_of(result)}"
        text = details(result) if detail.explain else summary(result)
        yield from (f"    {line}" for line in text.split("\n") if text)
    if len(listed) < len(exceptions):
        yield f"… and {len(exceptions) - len(listed)} more outputs (--explain shows all)"
    yield f"{found.environment}: {found.verdict} ({tally(found.results)})"
    yield from (f"  {line}" for line in (_when(found), *_scope(found)))
    yield from (f"  {line}" for line in benign.lines(known.waivers))


def comparison_lines(known: Assessment) -> Iterator[str]:
    """Yield what came of the comparison with production, where there was one to make."""
    if comparison := known.comparison:
        yield f"{known.name} {CASE}: {comparison.verdict}"
        where = [f"run: {comparison.run}"] if comparison.run else []
        yield from (f"  {line}" for line in (*comparison.lines, *where))


def statement_lines(known: Sequence[Assessment]) -> Iterator[str]:
    """Yield what other builders say."""
    for one in known:
        if one.statements:
            yield from quorum.lines(one.statements)


def _when(found: Verification) -> str:
    dates = sorted(result.verified_at for result in found.results if result.verified_at)
    remembered = sum(result.remembered for result in found.results)
    note = f" ({remembered} remembered, their contents rehashed now)" if remembered else ""
    return f"verified on {dates[0]}{note}" if dates else "nothing was rebuilt"


def _scope(found: Verification) -> Iterator[str]:
    """Say under which conditions what was rebuilt was, and which factors were not exercised."""
    if not any(one.verified_at for one in found.results):
        return
    yield f"under {scope(found)}"
    reasons: dict[str, list[str]] = {}
    for name, reason in found.conditions.not_exercised.items():
        reasons.setdefault(reason, []).append(name)
    if found.conditions.moved:
        for reason, names in reasons.items():
            yield f"not exercised: {', '.join(names)} ({reason})"
    for reason, names in _unreached(found.results).items():
        yield f"not exercised in {', '.join(names)}: {reason}"


def _unreached(results: tuple[OutputResult, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for result in results:
        for reason, count in Counter(result.unreached.values()).items():
            said = f"{count} factors, for {reason}"
            found.setdefault(said, []).append(name_of(result))
    return found
