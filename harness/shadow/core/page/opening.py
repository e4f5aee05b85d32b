"""The first screen of a comparison: the verdict, what decided it, what to do, and of what."""

from collections.abc import Iterator, Sequence

from harness.errors import Exit
from harness.render.html import Content, element
from harness.render.opening import Made, Opening, Told, sentence, short
from harness.render.quantity import plural
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.result import Arm, ShadowResult
from harness.shadow.core.text import gravest_first, named
from harness.shadow.core.wording import worded
from harness.verdict import Judgement

_REMEDIES = {
    Exit.DONE: "The candidate may take production's place.",
    Exit.DIFFERENT: "Keep production: the candidate may not take its place.",
    Exit.UNTOLD: "Ask more requests: the smallest change that these could have shown is below.",
    Exit.INVALID: "Mend what broke, and compare again.",
}


def opening(result: ShadowResult, made: Made | None) -> Opening:
    """Return it; `made` is where the page comes from."""
    judgement = result.judgement
    return Opening(
        verb="shadow",
        subject=result.asked.environment,
        verdicts=[
            Told(
                verdict=judgement,
                meaning=sentence(judgement.meaning),
                colour=judgement.colour,
            )
        ],
        why=[f"{named(each)}: {worded(each.reasons)}" for each in _deciding(result)]
        or [f"The comparison ended early: {result.ending}."],
        remedies=[*_remedies(result)],
        facts=[*(made.facts() if made else ()), *_asked(result)],
    )


def _deciding(result: ShadowResult) -> Sequence[Finding]:
    """Return the findings that made the verdict what it is."""
    return [
        each
        for each in gravest_first(result.findings)
        if each.judgement is result.judgement
        and (each.blocking or each.judgement in {Judgement.FAIL, Judgement.INVALID})
    ]


def _remedies(result: ShadowResult) -> Iterator[str]:
    yield _REMEDIES[result.judgement.code]
    if result.judgement is Judgement.FAIL and result.worst:
        again = result.asked.replay_command(result.worst[0].number)
        yield f"Ask the gravest request again: `{again}`"
    if result.unexercised:
        yield f"Mind what was not exercised: {plural(len(result.unexercised), 'part')}, below."


def _asked(result: ShadowResult) -> Iterator[tuple[str, Content]]:
    production, _, candidate = result.asked.arms
    yield "candidate", _image(candidate)
    yield "production", _image(production)
    yield "requests", f"{result.counts.asked:,}; ended: {result.ending}"
    yield "recording", element("code", short(result.asked.recording))


def _image(arm: Arm) -> Content:
    said = arm.reference if arm.reference == arm.image else f"{arm.reference} ({short(arm.image)})"
    return element("code", said)
