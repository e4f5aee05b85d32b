"""The HTML report of a comparison: the verdict and why, then what it was seen in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.render import chart, html
from harness.render.html import Content, element, folded, lines, marked, pairs, prose, table
from harness.render.opening import Made
from harness.render.quantity import plural, seconds
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.margins import Margins
from harness.shadow.core.page.bland_altman import bland_altman
from harness.shadow.core.page.differing import differing_fields
from harness.shadow.core.page.e_values import e_values_over_requests
from harness.shadow.core.page.flips import flip_matrix
from harness.shadow.core.page.forest import forest
from harness.shadow.core.page.latency import latency_over_time
from harness.shadow.core.page.opening import opening
from harness.shadow.core.page.outcomes import outcomes_by_arm
from harness.shadow.core.page.quantiles import quantile_ratios
from harness.shadow.core.page.resources import resources_by_start
from harness.shadow.core.result import Group, ShadowResult, Worst
from harness.shadow.core.text import (
    budget,
    course,
    detectable,
    gravest_first,
    named,
    sent_again,
)
from harness.shadow.core.wording import worded
from harness.verdict import Judgement

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

Moved = tuple[str, str, str]
"""A package with its version in production and in the candidate; "" where it is not there."""

_SHOWS = {
    "outputs": ("differing", "flips", "e-values"),
    "errors": ("outcomes", "forest"),
    "median latency": ("forest", "quantiles"),
    "tail latency": ("forest", "latency"),
    "first answers": ("latency",),
    "memory": ("resources",),
    "CPU time": ("resources",),
    "start time": ("resources",),
}
"""Which plots show why a family failed."""


def page(
    result: ShadowResult, closure: Sequence[Moved] | None = None, made: Made | None = None
) -> bytes:
    """Return the page; `closure` is what differs between the two images, None if not compared.

    `made` is where the page comes from.
    """
    first = opening(result, made)
    return html.page(
        first.title,
        first.drawn(),
        *_found(result),
        element("section", *_plots(result), class_="plots"),
        *_worst(result),
        *_groups(result.groups),
        *_closure(closure),
        *_limits(result),
        *_run(result),
        style=chart.STYLE,
    )


def _found(result: ShadowResult) -> Iterator[Content]:
    yield element("h2", "What was found")
    if result.judged:
        yield element("p", f"{result.judged}.")
    yield _findings(result.findings)
    for said in (course(result), *sent_again(result)):
        yield element("p", f"{said}.", class_="soft")


def _findings(findings: Sequence[Finding]) -> "ET.Element":
    rows = [
        (
            named(each),
            _marked(each.judgement),
            element("div", worded(each.reasons)),
            f"{each.requests:,}",
        )
        for each in gravest_first(findings)
    ]
    return table(("family", "verdict", "why", "requests"), rows)


def _plots(result: ShadowResult) -> Iterator["ET.Element"]:
    """Yield the plots, those first that show why a family failed, last those without data."""
    margins = {effect.family: effect.margin for effect in result.effects}
    values = bland_altman(result.differences, result.noise)
    if result.field:
        values.append(element("p", "Of the field that differs most: ", _code(result.field), "."))
    median_margin = margins.get("median latency", Margins().median)
    failed_answers = outcomes_by_arm(
        result.counts.succeeded, result.counts.failed, margins.get("errors", Margins().errors)
    )
    plots = {
        "forest": forest(result.effects),
        "differing": differing_fields(result.differing, result.counts.asked),
        "outcomes": failed_answers,
        "quantiles": quantile_ratios(result.quantiles, median_margin),
        "latency": latency_over_time(result.stretches),
        "values": values,
        "flips": flip_matrix(result.flips, result.flip_margins),
        "resources": resources_by_start(result.resources),
        "e-values": e_values_over_requests(result.e_values),
    }
    failed = [each.family for each in result.findings if each.judgement is Judgement.FAIL]
    first = [name for family in failed for name in _SHOWS.get(family, ())]
    order = sorted(dict.fromkeys([*first, *plots]), key=lambda name: plots[name].get("class", ""))
    yield from (plots[name] for name in order)


def _worst(result: ShadowResult) -> Iterator[Content]:
    yield element("h2", "Worst requests")
    if not result.worst:
        asked = plural(result.counts.asked, "request")
        yield element("p", f"Of {asked}, the candidate answered none otherwise than production.")
        return
    rows = [_worst_row(result, worst) for worst in result.worst]
    yield table(
        ("request", "level", "how the answer differs", "A, B, candidate took", "ask again"), rows
    )


def _worst_row(result: ShadowResult, worst: Worst) -> tuple[Content, ...]:
    return (
        str(worst.number),
        worst.level,
        element("div", *(element("div", reason) for reason in worst.reasons)),
        ", ".join(map(seconds, worst.seconds)),
        _code(result.asked.replay_command(worst.number)),
    )


def _groups(groups: Sequence[Group]) -> Iterator[Content]:
    yield element("h2", "Groups")
    if not groups:
        yield element("p", "The requests were not grouped.")
        return
    yield element("p", "A group's verdicts are its own: they do not decide the comparison's.")
    for one in groups:
        said = f"{one.name}: {plural(one.requests, 'request')}, {one.differed:,} differed"
        failed = any(each.judgement is Judgement.FAIL for each in one.findings)
        verdict: Content = _marked(Judgement.FAIL) if failed else ""
        yield folded(element("span", f"{said} ", verdict), _findings(one.findings))


def _closure(closure: Sequence[Moved] | None) -> Iterator[Content]:
    yield element("h2", "What differs between the two images")
    if closure is None:
        yield element("p", prose("The images were not compared; `harness diff` does."))
    elif not closure:
        yield element("p", "No package differs.")
    else:
        rows = [
            (name, before or "not there", after or "not there") for name, before, after in closure
        ]
        yield table(("package", "production", "candidate"), rows)


def _limits(result: ShadowResult) -> Iterator[Content]:
    yield element("h2", "What this comparison could not have shown")
    yield element("p", "The smallest change that it could have shown:")
    yield pairs((each.family, detectable(each)) for each in result.detectable)
    if result.unexercised:
        yield element("p", "Not exercised:")
        yield _listed(result.unexercised)
    if result.volatile:
        yield element("p", "Differ in production itself; declare them volatile if they may:")
        yield _listed(result.volatile)


def _run(result: ShadowResult) -> Iterator[Content]:
    asked, counts = result.asked, result.counts
    yield element("h2", "The comparison")
    arms = [
        (arm.name, f"{succeeded:,}", _outcomes(failed), _code(arm.reference), _code(arm.image))
        for arm, succeeded, failed in zip(asked.arms, counts.succeeded, counts.failed, strict=True)
    ]
    facts: list[tuple[str, Content]] = [
        ("seed", str(asked.seed)),
        ("probability of a false alarm, at most", budget(result)),
        ("requests", "a fixed number" if asked.fixed else "until every family is settled"),
        ("answers by their gravest difference", _outcomes(result.levels) or "none"),
    ]
    yield pairs(facts)
    yield lines(("arm", "succeeded", "otherwise", "image", "id"), arms)
    yield lines(("recording (sha256)",), [(_code(asked.recording),)])


def _outcomes(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items() if count)


def _listed(texts: Sequence[str]) -> "ET.Element":
    return element("ul", *(element("li", text) for text in texts))


def _code(text: str) -> "ET.Element":
    return element("code", text)


def _marked(judgement: Judgement) -> "ET.Element":
    return marked(judgement.value, judgement.colour)
