"""A verification as reports tell it: an object for scripts, cases for JUnit, lines for people."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness.formats.wording import spelled, worded
from harness.render.junit import Case, Outcome
from harness.verdict import Verdict
from harness.verify.core.causes.cause import Cause, Evidence
from harness.verify.core.verdict import (
    Divergence,
    FileDifference,
    OutputResult,
    Verification,
    worst_first,
)

_SUMMED_UP = 3
_LONGEST_VALUE = 60


def name_of(result: OutputResult) -> str:
    """Return what a person calls an output: `numpy-2.4.6`, `multi.doc`."""
    name = result.derivation.rpartition("/")[2].partition("-")[2].removesuffix(".drv")
    return name if result.output in {"", "out"} else f"{name}.{result.output}"


def network(results: Sequence[OutputResult]) -> str:
    """Say which builders had a network: none that was run again."""
    inputs = sorted({one for result in results for one in result.networked})
    if not inputs:
        return "without network"
    names = [path.partition("-")[2].removesuffix(".drv") for path in inputs]
    return (
        f"rebuilds with no network; Nix gives one to {plural(len(inputs), 'builder')} of fixed "
        f"outputs, held by their hashes and not rebuilt: {_some(names)}"
    )


def scope(verification: Verification) -> str:
    """Say under which conditions rebuilds were made; nothing is known of those never made."""
    if not any(one.verified_at for one in verification.results):
        return "none was tried, for nothing was rebuilt"
    return f"{verification.conditions}, sandboxed, {network(verification.results)}"


def counts(results: Sequence[OutputResult]) -> dict[str, int]:
    """Return how many outputs there are of each verdict that occurs."""
    found = Counter(result.verdict for result in results)
    return {verdict.value: found[verdict] for verdict in Verdict if found[verdict]}


def tally(results: Sequence[OutputResult]) -> str:
    """Return how many outputs there are of each verdict, the gravest first, as a text."""
    found = Counter(one.verdict.value for one in worst_first(results))
    return ", ".join(f"{count} {verdict}" for verdict, count in found.items()) or "no outputs"


def as_object(verification: Verification) -> dict[str, Any]:
    """Return what reports for scripts say of an environment."""
    return {
        "environment": verification.environment,
        "verdict": verification.verdict.value,
        "exit-code": verification.verdict.code,
        "conditions": dict(verification.conditions.as_object()),
        "jobs": verification.jobs,
        "counts": counts(verification.results),
        "outputs": [_output(result) for result in verification.results],
    }


def _output(result: OutputResult) -> dict[str, Any]:
    return {
        "name": name_of(result),
        "derivation": result.derivation,
        "output": result.output,
        "path": result.path,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "verified-at": result.verified_at or None,
        "remembered": result.remembered,
        "nar-hash": result.nar_hash or None,
        "not-exercised": dict(result.unreached),
        "networked-inputs": list(result.networked),
        "causes": [_cause(one) for one in result.causes],
        "unexplained": list(result.unexplained),
        "rebuilds": result.rebuilds,
        "differences": [_difference(one) for one in result.differences],
        "trees": list(result.trees) if result.trees else None,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "factor": cause.factor,
        "title": cause.title,
        "remedy": cause.remedy,
        "files": cause.files,
        "evidence": [_evidence(one) for one in cause.evidence],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "output": evidence.output,
        "path": evidence.path,
        "field": spelled(evidence.place),
        "first": evidence.first,
        "second": evidence.second,
        "offset": evidence.offset,
    }


def _difference(difference: FileDifference) -> dict[str, Any]:
    at = difference.at
    return {
        "path": difference.path,
        "kind": difference.kind,
        "offset": at.offset if at else None,
        "first": at.first.hex() if at else None,
        "rebuilt": at.rebuilt.hex() if at else None,
    }


def cases(verification: Verification, covered: Collection[str] = ()) -> Iterator[Case]:
    """Yield a test case an output, the gravest first.

    Paths that are `covered` by declared differences pass, with what differs beside them.
    """
    for result in worst_first(verification.results):
        yield _case(result, covered)


def _case(result: OutputResult, covered: Collection[str]) -> Case:
    outcome = _outcome(result, covered)
    is_silent = outcome is Outcome.PASSED and result.path not in covered
    return Case(
        name=name_of(result),
        outcome=outcome,
        type=result.verdict.value,
        message=result.verdict.value,
        text="" if is_silent else details(result),
    )


def _outcome(result: OutputResult, covered: Collection[str]) -> Outcome:
    return Outcome.PASSED if result.path in covered else result.verdict.outcome


def summary(result: OutputResult) -> str:
    """Return a few lines: the causes with a piece of evidence each, or what is known instead."""
    causes = told_once(result.causes)
    lines = [line for cause in causes[:_SUMMED_UP] for line in _summed_up(cause)]
    if len(causes) > _SUMMED_UP:
        lines.append(f"… and {len(causes) - _SUMMED_UP} more causes")
    if result.unexplained:
        lines.append(f"not explained: {_some(result.unexplained)}")
    if not lines:
        lines = details(result).splitlines()[-_SUMMED_UP * 3 :]
    return "\n".join(lines)


def told_once(causes: Sequence[Cause]) -> list[Cause]:
    """Return causes with those that are told in the same words as one, of all their factors."""
    told: dict[tuple[str, str], list[Cause]] = {}
    for cause in causes:
        told.setdefault((cause.title, cause.remedy), []).append(cause)
    return [
        replace(
            same[0],
            factor=", ".join(dict.fromkeys(cause.factor for cause in same)),
            files=max(cause.files for cause in same),
            evidence=tuple(one for cause in same for one in cause.evidence),
        )
        for same in told.values()
    ]


def _summed_up(cause: Cause) -> list[str]:
    lines = [f"{cause.title} ({plural(cause.files, 'file')})"]
    lines += [f"  {_shown(evidence)}" for evidence in cause.evidence[:1]]
    return [*lines, f"  remedy: {cause.remedy}"]


def details(result: OutputResult) -> str:
    """Return the lines that explain a verdict: reason, causes, differing files, where trees are."""
    lines = [result.reason] if result.reason else []
    for cause in told_once(result.causes):
        lines += [f"{cause.title} ({plural(cause.files, 'file')}); remedy: {cause.remedy}"]
        lines += [f"  {_shown(evidence)}" for evidence in cause.evidence]
    lines += [f"not explained: {path}" for path in result.unexplained]
    lines += [
        f"{one.path}: {one.kind}{_from(one.at) if one.at else ''}" for one in result.differences
    ]
    if result.rebuilds:
        lines.append(f"after {plural(result.rebuilds, 'rebuild')}")
    if result.trees:
        lines += [f"first:   {result.trees[0]}", f"rebuilt: {result.trees[1]}"]
    return "\n".join(lines)


def _shown(evidence: Evidence) -> str:
    at = "" if evidence.offset is None else f" at byte {evidence.offset}"
    values = f"{_short(evidence.first)} ≠ {_short(evidence.second)}"
    return f"{evidence.path}: {worded(evidence.place)}{at}: {values}"


def _short(value: str) -> str:
    text = value.replace("\n", "⏎") or "(nothing)"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _some(paths: Sequence[str]) -> str:
    rest = len(paths) - _SUMMED_UP
    return ", ".join(paths[:_SUMMED_UP]) + (f" and {rest} more" if rest > 0 else "")


def plural(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _from(at: Divergence) -> str:
    first, rebuilt = (side.hex(" ") or "the end" for side in (at.first, at.rebuilt))
    return f", from byte {at.offset}\n    first   {first}\n    rebuilt {rebuilt}"
