"""A comparison in words: lines for a terminal and JUnit for CI, the verdict first.

Whatever stands in an answer, a label or a field cannot steer a terminal or become markup.
"""

import math
from collections.abc import Iterable, Iterator, Mapping

from harness.render.junit import Case, Outcome, Ran, Suite, written
from harness.render.printable import printable
from harness.render.quantity import number, plural, share
from harness.shadow.core.events import Ending
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.reason import Why, because
from harness.shadow.core.result import Detectable, ShadowResult, Worst
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from harness.verdict import gravest_first as verdicts_first

MOST_LINES = 41
_LONGEST = 160
_MOST_FINDINGS, _MOST_UNEXERCISED, _MOST_WORST = 12, 12, 3
_HEAD = 60
"""Characters that are kept of a longer line's beginning; the others are its end."""
_DEFAULT_ALPHA = 0.01

_ENDED_BADLY: Mapping[str, Judgement] = {
    Ending.INTERRUPTED: Judgement.INCONCLUSIVE,
    Ending.BROKEN: Judgement.INVALID,
}


def summary(result: ShadowResult, *, examples: bool = True) -> list[str]:
    """Return at most 41 lines of at most 160 printable characters: the verdict and why first.

    Only `examples` hold anything of what was asked and answered: groups, and the worst requests.
    """
    findings = [_told(each) for each in gravest_first(result.findings)]
    unexercised = [f"  not exercised: {what}" for what in result.unexercised]
    lines = [
        f"{result.judgement}: {result.judgement.meaning}",
        *([result.judged] if result.judged else []),
        *_some(findings, _MOST_FINDINGS, "finding"),
        *(f"  {slower}" for slower in _failed_groups(result) if examples),
        course(result),
        *sent_again(result),
        f"smallest change that could have been shown: {_detectable(result)}",
        *_some(unexercised, _MOST_UNEXERCISED, "part"),
        *(_worst(result) if examples else ()),
        f"seed {result.asked.seed}; probability of a false alarm {budget(result)}",
    ]
    return [_line(text) for text in lines]


def junit(result: ShadowResult, ran: Ran) -> bytes:
    """Return a JUnit file: one suite, a case a family and one for the comparison's end.

    FAIL is a failure. INVALID is an error, and so is INCONCLUSIVE where PASS needs that family: no
    CI takes the comparison for a success then. Elsewhere it is skipped, with the reason.
    """
    suite = Suite(
        name=f"shadow {result.asked.environment}",
        cases=[_case(finding) for finding in (*result.findings, _ending(result))],
        properties=(("judgement", result.judgement), ("seed", str(result.asked.seed))),
    )
    return written([suite], ran)


def _case(finding: Finding) -> Case:
    return Case(
        name=finding.family,
        outcome=_outcome(finding),
        type=finding.judgement,
        message=f"{finding.judgement}: {worded(finding.reasons)}",
        text=worded(finding.reasons),
    )


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings by judgement, those that decide before those that do not."""
    deciding = sorted(findings, key=lambda one: not one.blocking)
    return verdicts_first(deciding, lambda one: one.judgement)


def named(finding: Finding) -> str:
    """Return the family, and whether the comparison passes without it."""
    return finding.family if finding.blocking else f"{finding.family} (does not block PASS)"


def course(result: ShadowResult) -> str:
    """Return how many requests were asked, what succeeded, and why it ended, in words."""
    counts = result.counts
    a, b, c = counts.succeeded
    answers = counts.asked + counts.replayed
    return (
        f"{plural(counts.asked, 'request')}, {counts.replayed:,} asked again; of {answers:,} "
        f"answers each, A succeeded with {a:,}, B {b:,}, candidate {c:,}; ended: {result.ending}"
    )


def sent_again(result: ShadowResult) -> Iterator[str]:
    """Say how many requests went out twice, where any did."""
    if any(result.counts.sent_again):
        a, b, c = result.counts.sent_again
        yield (
            "sent twice, as the service closed a kept connection under the first: "
            f"A {a:,}, B {b:,}, candidate {c:,}"
        )


def budget(result: ShadowResult) -> str:
    """Return the probability of a false alarm that the whole comparison may have."""
    return share(float(result.asked.shadow.get("alpha", _DEFAULT_ALPHA)))


def detectable(smallest: Detectable) -> str:
    """Return the smallest change of a family that the comparison could have shown, in words."""
    relative = smallest.family == "median latency"
    if smallest.change >= (math.inf if relative else 1):
        return "none, however large"
    shown = number(smallest.change * 100, 2)
    return f"+{shown}%" if relative else f"{shown}% of requests"


def _detectable(result: ShadowResult) -> str:
    return "; ".join(f"{each.family} {detectable(each)}" for each in result.detectable)


def _failed_groups(result: ShadowResult) -> Iterator[str]:
    failed = [
        each.name
        for each in result.groups
        if any(finding.judgement is Judgement.FAIL for finding in each.findings)
    ]
    if failed:
        yield f"worse by itself: {plural(len(failed), 'group')}, such as {failed[0]!r:.60}"


def _worst(result: ShadowResult) -> Iterator[str]:
    if result.worst:
        yield f"gravest of {plural(len(result.worst), 'request')} that differed most:"
    for worst in result.worst[:_MOST_WORST]:
        yield f"  {_reason(worst)}"
        yield f"    {result.asked.replay_command(worst.number)}"


def _reason(worst: Worst) -> str:
    return f"request {worst.number}, {worst.level}: {'; '.join(worst.reasons[:1])}"


def _ending(result: ShadowResult) -> Finding:
    return Finding(
        family="ending",
        judgement=_ENDED_BADLY.get(result.ending, Judgement.PASS),
        reasons=(because(Why.ENDED, ending=result.ending),),
        requests=result.counts.asked,
    )


def _outcome(finding: Finding) -> Outcome:
    doubtful = finding.judgement is Judgement.INCONCLUSIVE
    return Outcome.SKIPPED if doubtful and not finding.blocking else finding.judgement.outcome


def _some(lines: list[str], most: int, noun: str) -> list[str]:
    rest = len(lines) - most
    return lines[:most] + ([f"  and {plural(rest, f'more {noun}')}"] if rest > 0 else [])


def _line(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _told(finding: Finding) -> str:
    """Return a finding's line; what a service printed is cut in its middle: it ends with why."""
    line = f"  {finding.judgement}  {named(finding)}: {worded(finding.reasons)}"
    return _both_ends(line) if finding.judgement is Judgement.INVALID else line


def _both_ends(text: str) -> str:
    shown = printable(text)
    long = len(shown) > _LONGEST
    return f"{shown[:_HEAD]}…{shown[_HEAD + 1 - _LONGEST :]}" if long else shown
