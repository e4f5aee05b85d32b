"""Reports of a verification: an object for scripts (docs/verify-report.md), JUnit for CI."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from harness.core.factor import Conditions
from harness.core.verdict import EXIT_CODES, OutputResult, Verdict, overall

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def name_of(result: OutputResult) -> str:
    """Return what a person calls an output: `numpy-2.4.6`, `multi.doc`."""
    name = result.derivation.rpartition("/")[2].partition("-")[2].removesuffix(".drv")
    return name if result.output == "out" else f"{name}.{result.output}"


def counts(results: Sequence[OutputResult]) -> dict[str, int]:
    """Return how many outputs there are of each verdict that occurs."""
    found = Counter(result.verdict for result in results)
    return {verdict.value: found[verdict] for verdict in Verdict if found[verdict]}


def as_object(
    environment: str, conditions: Conditions, nix: str, results: Sequence[OutputResult]
) -> dict[str, Any]:
    """Return one environment's part of `harness verify --json`."""
    verdict = overall(result.verdict for result in results)
    return {
        "environment": environment,
        "verdict": verdict.value,
        "exit-code": EXIT_CODES[verdict],
        "conditions": {"moved": sorted(conditions.moved), "nix": nix},
        "counts": counts(results),
        "outputs": [_output(result) for result in results],
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
        "differences": [
            {"path": one.path, "kind": one.kind, "offset": one.offset} for one in result.differences
        ],
        "trees": list(result.trees) if result.trees else None,
    }


def as_junit(suites: Sequence[tuple[str, Sequence[OutputResult]]]) -> bytes:
    """Return a JUnit file: a suite an environment, a case an output.

    What is not reproducible is a failure; what could not be told, or is corrupt, an error.
    """
    root = ET.Element("testsuites")
    for environment, results in suites:
        failed = [r for r in results if EXIT_CODES[r.verdict] == 1]
        errors = [r for r in results if EXIT_CODES[r.verdict] > 1]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_xml(environment),
            tests=str(len(results)),
            failures=str(len(failed)),
            errors=str(len(errors)),
        )
        for result in results:
            case = ET.SubElement(
                suite, "testcase", classname=_xml(environment), name=_xml(name_of(result))
            )
            if result.verdict is not Verdict.SAME:
                kind = "failure" if result in failed else "error"
                ET.SubElement(case, kind, message=result.verdict.value).text = _xml(details(result))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def details(result: OutputResult) -> str:
    """Return the lines that explain a verdict: reason, differing files, where the trees are."""
    lines = [result.reason] if result.reason else []
    for one in result.differences:
        at = "" if one.offset is None else f", from byte {one.offset}"
        lines.append(f"{one.path}: {one.kind}{at}")
    if result.trees:
        lines.append(f"kept: {result.trees[0]} and {result.trees[1]}")
    return "\n".join(lines)


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
