"""How a verification is shown on a terminal: at most a page, unless all evidence is wanted."""

from collections import Counter
from collections.abc import Iterator

import click

from harness.core.report import counts, details, name_of, summary
from harness.core.verdict import OutputResult, Verdict, Verification

_MOST = 8
"""Outputs that are shown with their details before the rest is only counted."""


def show(found: Verification, *, verbose: bool, explain: bool) -> None:
    """Print the verdicts that are not SAME with their causes, the tally and the conditions."""
    exceptions = [one for one in found.results if one.verdict is not Verdict.SAME]
    listed = exceptions if explain or verbose else exceptions[:_MOST]
    for result in found.results if verbose else listed:
        click.echo(f"{result.verdict:<13} {name_of(result)}")
        text = details(result) if explain else summary(result)
        click.echo("".join(f"    {line}\n" for line in text.splitlines()), nl=False)
    if len(listed) < len(exceptions):
        click.echo(f"… and {len(exceptions) - len(listed)} more outputs (--explain shows all)")
    tally = ", ".join(f"{number} {verdict}" for verdict, number in counts(found.results).items())
    click.echo(f"{found.environment}: {found.verdict} ({tally or 'no outputs'})")
    for line in (_when(found), *_scope(found)):
        click.echo(f"  {line}")


def _when(found: Verification) -> str:
    dates = sorted(result.verified_at for result in found.results if result.verified_at)
    remembered = sum(result.remembered for result in found.results)
    note = f" ({remembered} remembered, their contents rehashed now)" if remembered else ""
    return f"verified on {dates[0]}{note}" if dates else "nothing was rebuilt"


def _scope(found: Verification) -> Iterator[str]:
    """Say under which conditions the verdict holds, and which factors were not exercised."""
    yield f"under {found.conditions}, sandboxed, without network"
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
