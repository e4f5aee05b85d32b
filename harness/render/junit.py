"""JUnit files: suites of cases, as both Ant's and Jenkins' schemas have them.

Ant's (windyroad, 2011) wants of a suite a place, a host, a time without zone, properties and what
was printed, of a case a time, and of a failure a type; it knows no `system-out` of a case. Jenkins'
(xunit, 10) takes all that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from xml.etree import ElementTree as ET

from harness.render.printable import printable, printable_lines

_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What is left of a printable text that XML 1.0 has no room for."""


class Outcome(StrEnum):
    """How a case ended, in JUnit's words; a passed case has none."""

    PASSED = ""
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: `type` is our own word for how it ended; `text` is all that is to be told of it."""

    name: str
    outcome: Outcome = Outcome.PASSED
    type: str = ""
    message: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """When tests began (with a zone), for how many seconds they ran, and on which host."""

    at: datetime
    seconds: float
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Tests of one thing."""

    name: str
    cases: Sequence[Case]
    properties: Sequence[tuple[str, str]] = field(default=())


def written(suites: Sequence[Suite], ran: Ran) -> bytes:
    """Return a file; whatever stands in names and texts, it is XML.

    Cases have no times of their own, for what they tell of was done together.
    """
    root = ET.Element("testsuites")
    for number, suite in enumerate(suites):
        _add(root, suite, ran, number)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add(root: ET.Element, suite: Suite, ran: Ran, number: int) -> None:
    counts = {
        name: str(sum(case.outcome is outcome for case in suite.cases))
        for name, outcome in (
            ("failures", Outcome.FAILURE),
            ("errors", Outcome.ERROR),
            ("skipped", Outcome.SKIPPED),
        )
    }
    name = _token(suite.name)
    told = {
        "name": name,
        "package": name,
        "id": str(number),
        "timestamp": f"{ran.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        "hostname": _token(ran.host),
        "tests": str(len(suite.cases)),
        **counts,
        "time": f"{ran.seconds:.3f}",
    }
    element = ET.SubElement(root, "testsuite", told)
    properties = ET.SubElement(element, "properties")
    for key, value in suite.properties:
        ET.SubElement(properties, "property", name=_token(key), value=_line(value))
    for case in suite.cases:
        _add_case(element, case, name)
    passed = [case for case in suite.cases if case.outcome is Outcome.PASSED and case.text]
    said = "\n".join(f"{case.name}: {case.text}" for case in passed)
    ET.SubElement(element, "system-out").text = _text(said)
    ET.SubElement(element, "system-err")


def _add_case(suite: ET.Element, case: Case, classname: str) -> None:
    element = ET.SubElement(
        suite, "testcase", classname=classname, name=_token(case.name), time="0"
    )
    if case.outcome is not Outcome.PASSED:
        told = {"type": _line(case.type), "message": _line(case.message)}
        ET.SubElement(element, case.outcome, told).text = _text(case.text)


def _token(text: str) -> str:
    """Return a name without white space at its ends or in a row; never empty."""
    return " ".join(_line(text).split()) or "-"


def _line(text: str) -> str:
    return _NO_XML.sub("\ufffd", printable(text))


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", printable_lines(text))
