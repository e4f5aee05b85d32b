"""How a verification is shown on a terminal: at most a page, unless all evidence is wanted."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.build.realise import OnProgress
from harness.commands.parts.output import say, say_lines
from harness.errors import Exit
from harness.project.repository import Environment
from harness.verdict import Verdict
from harness.verify.benign import covered, require_found
from harness.verify.core.benign import Benign, Expected, accepted
from harness.verify.core.benign import lines as benign_lines
from harness.verify.core.report import details, name_of, scope, summary, tally
from harness.verify.core.verdict import OutputResult, Verification, overall, worst_first

_MOST = 8
"""Outputs that are shown with their details before the rest is only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verification, and the declared differences that it found; `environment` declared them."""

    found: Verification
    benign: Expected
    environment: Environment | None

    @property
    def accepted(self) -> Verdict:
        """The gravest verdict that no declaration covers."""
        return accepted(self.found, self.benign)

    def require_found(self) -> None:
        """Refuse declarations of the environment that nothing was found for."""
        if self.environment:
            require_found(self.environment, self.found, self.benign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Something to verify: how, and which differences are declared for it.

    `environment` declares its differences itself; `compared` may be held against production.
    """

    name: str
    verify: Callable[..., Verification]
    declared: tuple[Benign, ...] = ()
    environment: Environment | None = None
    compared: Environment | None = None

    def run(self, on_progress: OnProgress) -> Judged:
        """Verify it."""
        found = self.verify(on_progress=on_progress)
        benign = covered(found, self.declared)
        return Judged(found=found, benign=benign, environment=self.environment)


def covered_paths(judged: Sequence[Judged]) -> set[str]:
    """Return the outputs whose differences are all declared."""
    return {path for one in judged for path in one.benign.covered}


def exit_code(judged: Sequence[Judged]) -> Exit:
    """Return the code of the gravest verdict that nothing covers.

    Raises:
        InputError: an environment declares a difference that was not found.

    """
    for one in judged:
        one.require_found()
    return overall(one.accepted for one in judged).code


def with_benign(report: dict[str, Any], judged: Sequence[Judged]) -> dict[str, Any]:
    """Return a report with what was declared, and the exit code that follows from it."""
    for environment, one in zip(report["environments"], judged, strict=True):
        environment["benign"] = one.benign.as_object()
    return report | {"exit-code": overall(one.accepted for one in judged).code}


def show(judged: Judged, *, verbose: bool, explain: bool) -> None:
    """Print the verdicts that are not SAME with their causes, the tally and the conditions."""
    found = judged.found
    results = worst_first(found.results)
    exceptions = [one for one in results if one.verdict is not Verdict.SAME]
    listed = exceptions if explain or verbose else exceptions[:_MOST]
    for result in results if verbose else listed:
        say(f"{result.verdict:<13} {name_of(result)}")
        text = details(result) if explain else summary(result)
        say_lines("".join(f"    {line}\n" for line in text.splitlines()))
    if len(listed) < len(exceptions):
        say(f"… and {len(exceptions) - len(listed)} more outputs (--explain shows all)")
    say(f"{found.environment}: {found.verdict} ({tally(found.results)})")
    for line in (_when(found), *_scope(found), *benign_lines(judged.benign)):
        say(f"  {line}")


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
