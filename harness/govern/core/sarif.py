"""What is known as SARIF: causes are rules, and outputs that differ are results.

What is SAME is not a result. Production and the builders that were asked have a rule each.
"""

from collections.abc import Iterator, Sequence

from harness.attest.core import quorum
from harness.govern.core.assessment import Assessment, code
from harness.govern.core.report import BUILDERS, CASE
from harness.render.junit import Ran
from harness.render.sarif import Kind, Result, Rule, Tool, written
from harness.verdict import Colour, Graded, Verdict
from harness.verify.core.benign import Expected
from harness.verify.core.causes.cause import Cause
from harness.verify.core.report import details, name_of, plural
from harness.verify.core.verdict import OutputResult, worst_first

_KINDS: dict[Colour, Kind] = {"bad": Kind.FAIL, "open": Kind.OPEN, "good": Kind.PASS}
_UNEXPLAINED = Rule(
    id="unexplained",
    title="an output differs, and no cause was proven",
    help="harness verify --explain shows what differs; a larger --budget searches for longer",
)
_PRODUCTION = Rule(
    id="against-production",
    title="the candidate answers otherwise than production",
    help="the page of the comparison shows what differs, and the command that asks it again",
)
_BUILDERS = Rule(id="statements", title="other builders say otherwise of these outputs")
_MOST_PLACES = 20


def as_sarif(known: Sequence[Assessment], ran: Ran, version: str) -> bytes:
    """Return the file; `version` is that of this program."""
    tool = Tool(name="harness", version=version, exit_code=code(known))
    return written([result for one in known for result in _results(one)], tool, ran)


def _results(known: Assessment) -> Iterator[Result]:
    outputs = worst_first(known.verification.results) if known.verification else []
    for output in outputs:
        if output.verdict is not Verdict.SAME:
            yield from _of_output(known, output)
    if comparison := known.comparison:
        kind = _kind(comparison.judgement) if comparison.judgement else Kind.NOT_APPLICABLE
        text = "\n".join([f"{CASE}: {comparison.verdict}", *comparison.lines])
        yield _whole(known, _PRODUCTION, kind, text)
    if said := known.statements:
        text = "\n".join([f"{BUILDERS}: {said.verdict}", *quorum.lines(said)])
        yield _whole(known, _BUILDERS, _kind(said.verdict), text)


def _kind(verdict: Graded) -> Kind:
    return _KINDS[verdict.colour]


def _whole(known: Assessment, rule: Rule, kind: Kind, text: str) -> Result:
    return Result(
        rule=rule,
        kind=kind,
        text=text,
        same=f"{known.name}/{rule.id}",
        file=known.declared_in,
        places=(known.name,),
    )


def _of_output(known: Assessment, output: OutputResult) -> Iterator[Result]:
    """Yield a result a cause; one where no cause is known, or the verdict has none."""
    name = name_of(output)
    waived = _why_waived(known.waivers, output.path)
    found = [(_rule(cause), _said(cause), _places(output, cause)) for cause in output.causes]
    if output.verdict is Verdict.DIFFERENT:
        unexplained = [(_UNEXPLAINED, details(output), (output.path,))]
    else:
        unexplained = [(_of_verdict(output.verdict), details(output), (output.derivation,))]
    for rule, text, places in found or unexplained:
        yield Result(
            rule=rule,
            kind=_kind(output.verdict),
            text=f"{output.verdict} {name}: {text}",
            same=f"{known.name}/{name}/{rule.id}",
            file=known.declared_in,
            places=places,
            waived=waived,
        )


def _rule(cause: Cause) -> Rule:
    return Rule(id=cause.factor, title=cause.title, help=cause.remedy)


def _of_verdict(verdict: Verdict) -> Rule:
    return Rule(id=verdict.lower().replace(" ", "-"), title=verdict.meaning)


def _said(cause: Cause) -> str:
    return f"{cause.title} ({plural(cause.files, 'file')}); remedy: {cause.remedy}"


def _places(output: OutputResult, cause: Cause) -> tuple[str, ...]:
    files = dict.fromkeys(f"{output.path}/{one.path}" for one in cause.evidence)
    return tuple(files)[:_MOST_PLACES] or (output.path,)


def _why_waived(waivers: Expected, path: str) -> str:
    if path not in waivers.covered:
        return ""
    reasons = [one.reason for one, outputs in waivers.found.items() if path in outputs]
    return "; ".join(dict.fromkeys(reasons))
