"""Reports of a verification: an object for scripts (docs/verify-report.md), JUnit for CI."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from harness.core.verdict import (
    EXIT_CODES,
    Divergence,
    FileDifference,
    OutputResult,
    Verdict,
    Verification,
    overall,
)


def name_of(result: OutputResult) -> str:
    """Return what a person calls an output: `numpy-2.4.6`, `multi.doc`."""
    name = result.derivation.rpartition("/")[2].partition("-")[2].removesuffix(".drv")
    return name if result.output in {"", "out"} else f"{name}.{result.output}"


def counts(results: Sequence[OutputResult]) -> dict[str, int]:
    """Return how many outputs there are of each verdict that occurs."""
    found = Counter(result.verdict for result in results)
    return {verdict.value: found[verdict] for verdict in Verdict if found[verdict]}


def as_object(verifications: Sequence[Verification]) -> dict[str, Any]:
    """Return what `harness verify --json` prints."""
    verdict = overall(one.verdict for one in verifications)
    return {
        "verdict": verdict.value,
        "exit-code": EXIT_CODES[verdict],
        "environments": [_environment(one) for one in verifications],
    }


def _environment(verification: Verification) -> dict[str, Any]:
    return {
        "environment": verification.environment,
        "verdict": verification.verdict.value,
        "exit-code": EXIT_CODES[verification.verdict],
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
        "differences": [_difference(one) for one in result.differences],
        "trees": list(result.trees) if result.trees else None,
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


def as_junit(verifications: Sequence[Verification]) -> bytes:
    """Return a JUnit file: a suite an environment, a case an output.

    What is not reproducible is a failure; what could not be told, or is corrupt, an error.
    """
    root = ET.Element("testsuites")
    for verification in verifications:
        environment, results = verification.environment, verification.results
        failed = [r for r in results if EXIT_CODES[r.verdict] == 1]
        errors = [r for r in results if EXIT_CODES[r.verdict] > 1]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_safe(environment),
            tests=str(len(results)),
            failures=str(len(failed)),
            errors=str(len(errors)),
        )
        for result in results:
            case = ET.SubElement(
                suite, "testcase", classname=_safe(environment), name=_safe(name_of(result))
            )
            if result.verdict is not Verdict.SAME:
                kind = "failure" if result in failed else "error"
                ET.SubElement(case, kind, message=result.verdict.value).text = details(result)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def details(result: OutputResult) -> str:
    """Return the lines that explain a verdict: reason, differing files, where the trees are."""
    lines = [result.reason] if result.reason else []
    lines += [
        f"{one.path}: {one.kind}{_from(one.at) if one.at else ''}" for one in result.differences
    ]
    if result.trees:
        lines += [f"first:   {result.trees[0]}", f"rebuilt: {result.trees[1]}"]
    return _safe("\n".join(lines))


def _from(at: Divergence) -> str:
    first, rebuilt = (side.hex(" ") or "the end" for side in (at.first, at.rebuilt))
    return f", from byte {at.offset}\n    first   {first}\n    rebuilt {rebuilt}"


def _safe(text: str) -> str:
    """Replace what would steer a terminal, or may not stand in XML."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
