"""SARIF files (2.1.0, OASIS): results of rules, as code-scanning services and editors read them.

Only a result of kind `fail` has a level (section 3.27.10); a file is named relative to the root of
the sources. What others wrote is shown as a terminal would be shown it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from harness.render.junit import Ran
from harness.render.printable import printable_lines

VERSION = "2.1.0"
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


class Kind(StrEnum):
    """How a rule ended (section 3.27.9)."""

    FAIL = "fail"
    OPEN = "open"
    PASS = "pass"  # noqa: S105 - a word of the format
    NOT_APPLICABLE = "notApplicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What can be found: `help` says what to do about it."""

    id: str
    title: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One finding: `file` is a file of the sources, or empty; `places` are names of what it is in.

    `same` is what makes it the same finding tomorrow. `waived` is why it is accepted, or empty.
    """

    rule: Rule
    kind: Kind
    text: str
    same: str
    file: str = ""
    places: tuple[str, ...] = ()
    waived: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What found it, and how that ended."""

    name: str
    version: str
    exit_code: int


def written(results: Sequence[Result], tool: Tool, ran: Ran) -> bytes:
    """Return a file with one run; its rules are those that results name, in their order."""
    rules = list({result.rule.id: result.rule for result in results}.values())
    places = {rule.id: place for place, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": tool.name,
                "version": tool.version,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": tool.exit_code,
                "startTimeUtc": _moment(ran.at),
                "endTimeUtc": _moment(ran.at + timedelta(seconds=ran.seconds)),
            }
        ],
        "results": [_result(result, places[result.rule.id]) for result in results],
    }
    return json.dumps({"$schema": SCHEMA, "version": VERSION, "runs": [run]}, indent=2).encode()


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rule(rule: Rule) -> dict[str, Any]:
    told = {"id": rule.id, "shortDescription": _text(rule.title)}
    return told | ({"help": _text(rule.help)} if rule.help else {})


def _result(result: Result, place: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ruleId": result.rule.id,
        "ruleIndex": place,
        "kind": result.kind.value,
        "level": "error" if result.kind is Kind.FAIL else "none",
        "message": _text(result.text),
        "partialFingerprints": {"harness/v1": printable_lines(result.same)},
    }
    if location := _location(result):
        told["locations"] = [location]
    if result.waived:
        waiver = {"kind": "external", "status": "accepted"}
        told["suppressions"] = [waiver | {"justification": printable_lines(result.waived)}]
    return told


def _location(result: Result) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if result.file:
        artifact = {"uri": quote(result.file), "uriBaseId": "%SRCROOT%"}
        location["physicalLocation"] = {"artifactLocation": artifact}
    if result.places:
        location["logicalLocations"] = [
            {"fullyQualifiedName": printable_lines(place)} for place in result.places
        ]
    return location


def _text(text: str) -> dict[str, str]:
    return {"text": printable_lines(text)}
