"""The first screen of what is known: the verdicts, why, what to do, when, and which derivation."""

from collections.abc import Iterator, Sequence

from harness.attest.core import quorum
from harness.govern.core.assessment import Assessment, Comparison, comparisons, verdict
from harness.govern.core.report import CASE
from harness.render.html import Content, element
from harness.render.opening import Made, Opening, Told, moment, sentence
from harness.verdict import Verdict, gravest
from harness.verify.core.factors.rows import registered
from harness.verify.core.page import REMEDIES, reasons_of
from harness.verify.core.report import name_of, plural, tally
from harness.verify.core.verdict import OutputResult, Verification, worst_first


def opening(known: Sequence[Assessment], made: Made | None) -> Opening:
    """Return it; `made` is where the page comes from."""
    whole = verdict(known)
    rebuilt = [one.verification for one in known if one.verification]
    asked = [one.statements for one in known if one.statements]
    return Opening(
        verb="verify",
        subject=", ".join(one.name for one in known) or "nothing",
        verdicts=[
            Told(verdict=whole, meaning=sentence(whole.meaning), colour=whole.colour),
            *_compared(list(comparisons(known).values())),
        ],
        why=[
            *_reasons(rebuilt, whole),
            *(line.strip() for said in asked for line in quorum.lines(said)),
        ],
        remedies=[*_remedies(rebuilt, whole), *_waived(known)],
        facts=[*_facts(rebuilt), *(made.facts() if made else ())],
    )


def _compared(compared: Sequence[Comparison]) -> Iterator[Told]:
    """Yield the gravest verdict of comparisons with production, with its first reason."""
    worst = gravest(one.judgement for one in compared if one.judgement)
    for one in [each for each in compared if each.judgement is worst][:1]:
        why = next((line.strip() for line in one.lines), "")
        yield Told(verdict=f"{CASE}: {one.verdict}", meaning=why, colour=one.colour)


def _reasons(verifications: Sequence[Verification], verdict: Verdict) -> list[str]:
    """Return why the verdict is what it is, an output and a reason each."""
    gravest = _gravest(verifications, verdict)
    if verdict is Verdict.SAME or not gravest:
        return list(map(_rebuilt, verifications))
    return [f"{name_of(one)}: {line}" for one in gravest for line in reasons_of(one)]


def _rebuilt(verification: Verification) -> str:
    """Return in a line how many outputs there are and how many factors were moved."""
    name, outputs = verification.environment, tally(verification.results)
    if not any(one.verified_at for one in verification.results):
        return f"{name}: {outputs}; nothing was rebuilt"
    moved = len(verification.conditions.moved)
    return f"{name}: {outputs}; {moved} of {len(registered().names)} factors were moved"


def _remedies(verifications: Sequence[Verification], verdict: Verdict) -> Iterator[str]:
    """Yield what to do: the remedies of causes, or what helps in general."""
    gravest = _gravest(verifications, verdict)
    found = dict.fromkeys(cause.remedy for one in gravest for cause in one.causes)
    yield from map(sentence, found)
    if not found:
        yield REMEDIES[verdict.code]
    if lacking := {name for one in verifications for name in one.conditions.not_exercised}:
        yield f"Mind what was not exercised: {plural(len(lacking), 'factor')}, below."


def _waived(known: Sequence[Assessment]) -> Iterator[str]:
    for one in known:
        if one.waivers.covered:
            count = plural(len(one.waivers.covered), "output")
            where = one.declared_in or "a trust file"
            yield f"{one.name}: all that differs in {count} is declared in {where}."


def _facts(verifications: Sequence[Verification]) -> Iterator[tuple[str, Content]]:
    """Yield when it was verified, and the gravest derivation; of those, the environment's own."""
    results = [(one.environment, result) for one in verifications for result in one.results]
    own_first = sorted(results, key=lambda pair: name_of(pair[1]) != pair[0])
    dates = sorted(result.verified_at for _, result in results if result.verified_at)
    yield "verified", moment(dates[0]) if dates else "nothing was rebuilt"
    for one in worst_first(result for _, result in own_first)[:1]:
        yield "derivation", element("code", one.derivation)


def _gravest(verifications: Sequence[Verification], verdict: Verdict) -> list[OutputResult]:
    results = (result for one in verifications for result in one.results)
    return [result for result in results if result.verdict is verdict]
