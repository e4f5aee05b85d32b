"""JUnit files; the schemas' demands are told from their texts, for no validator of them is here."""

from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from harness.render.junit import Case, Outcome, Ran, Suite, written

RAN = Ran(at=datetime(2026, 11, 24, 2, 2, 22, tzinfo=UTC), seconds=1.5, host="build-1")

_REQUIRED = {
    "testsuite": {
        *("package", "id", "name", "timestamp", "hostname"),
        *("tests", "failures", "errors", "time"),
    },
    "testcase": {"name", "classname", "time"},
    "failure": {"type"},
    "error": {"type"},
    "property": {"name", "value"},
}
"""Attributes that Ant's schema requires."""


def _read(*suites: Suite, ran: Ran = RAN) -> list[ET.Element]:
    return list(ET.fromstring(written(suites, ran)))  # noqa: S314 - our own text


def test_a_suite_says_when_where_and_how_long_it_ran() -> None:
    later = Ran(at=datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), seconds=0, host="")
    (suite,) = _read(Suite(name="a", cases=()))
    shown = [suite.get(name) for name in ("timestamp", "hostname", "time")]
    assert shown == ["2026-11-24T02:02:22", "build-1", "1.500"]
    (suite,) = _read(Suite(name="a", cases=()), ran=later)
    assert (suite.get("timestamp"), suite.get("hostname")) == ("2025-12-31T23:00:00", "-")


def test_what_a_passed_case_tells_stands_in_its_suite() -> None:
    (suite,) = _read(Suite(name="a", cases=[Case(name="x", text="fine"), Case(name="y")]))
    assert suite.findtext("system-out") == "x: fine"
    assert [len(case) for case in suite.iterfind("testcase")] == [0, 0]


_TEXTS = st.text(max_size=20)
_SUITES = st.builds(
    Suite,
    name=_TEXTS,
    cases=st.lists(
        st.builds(
            Case,
            name=_TEXTS,
            outcome=st.sampled_from(Outcome),
            type=_TEXTS,
            message=_TEXTS,
            text=_TEXTS,
        ),
        max_size=3,
    ),
    properties=st.lists(st.tuples(_TEXTS, _TEXTS), max_size=2),
)


@given(st.lists(_SUITES, max_size=3))
def test_files_have_what_the_schema_of_ant_requires(suites: list[Suite]) -> None:
    for number, (element, suite) in enumerate(zip(_read(*suites), suites, strict=True)):
        assert element.get("id") == str(number)
        order = [child.tag for child in element]
        assert order == ["properties", *["testcase"] * len(suite.cases), "system-out", "system-err"]
        for child in element.iter():
            assert _REQUIRED.get(child.tag, set()) <= child.attrib.keys()
            assert child.attrib.get("name", "x").strip()
        cases = list(element.iterfind("testcase"))
        assert all(len(case) <= 1 for case in cases)
        counted = {
            kind: sum(case.find(tag) is not None for case in cases)
            for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
        }
        assert {kind: int(element.get(kind, "-1")) for kind in counted} == counted
        assert element.get("tests") == str(len(cases))
