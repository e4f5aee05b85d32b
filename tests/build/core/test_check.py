import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from harness.build.core.check import CheckResult, as_junit, as_object, decode_cases, lines, unread
from harness.errors import InputError
from harness.render.junit import Case, Outcome, Ran

_RAN = Ran(at=datetime(2027, 1, 1, tzinfo=UTC), seconds=1.5, host="here")
_WRONG = Case(name="a.b", outcome=Outcome.FAILURE, type="failure", message="1 is 2", text="at 3")
_LATER = Case(name="a.c", outcome=Outcome.SKIPPED, type="skipped", message="later")
_FAILED = CheckResult(
    name="test-unit", holds=False, log="printed\nfailed with status 1", cases=(_WRONG, _LATER)
)
_HELD = CheckResult(name="imports", holds=True, warnings=("old",))


def test_cases_are_read_as_they_were_written() -> None:
    told = {"name": "a.b", "outcome": "failure", "message": "1 is 2", "text": "at 3"}
    passed = {"name": "a", "outcome": "", "message": "", "text": ""}
    found = decode_cases(json.dumps({"cases": [told, passed]}).encode(), "cases.json")
    assert found == (_WRONG, Case(name="a"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"cases": 1}',
        '{"cases": [{"name": "a"}]}',
        '{"cases": [{"name": "a", "outcome": "passed", "message": "", "text": ""}]}',
        '{"cases": [], "more": 1}',
    ],
)
def test_what_is_no_report_is_told_as_an_error(text: str) -> None:
    with pytest.raises(InputError, match=r"^cases.json") as caught:
        decode_cases(text.encode(), "cases.json")
    assert unread(caught.value).outcome is Outcome.ERROR


def test_each_check_is_a_suite_with_a_case_of_its_own_and_those_that_it_told() -> None:
    root = ET.fromstring(as_junit({"dev": [_HELD, _FAILED]}, _RAN))  # noqa: S314 - our own
    held, failed = root.findall("testsuite")
    assert (held.get("name"), held.get("tests"), held.get("failures")) == ("dev.imports", "1", "0")
    assert (failed.get("name"), failed.get("tests")) == ("dev.test-unit", "3")
    assert (failed.get("failures"), failed.get("skipped")) == ("2", "1")
    messages = [one.get("message") for one in failed.iter("failure")]
    assert messages == ["failed with status 1", "1 is 2"]


def test_a_check_that_said_nothing_fails_in_words() -> None:
    silent = CheckResult(name="test-unit", holds=False)
    assert b'message="FAILS"' in as_junit({"dev": [silent]}, _RAN)


def test_scripts_are_told_each_case() -> None:
    held, failed = as_object({"dev": [_HELD, _FAILED]})["checks"]["dev"]
    assert (held["holds"], held["cases"], held["kept"]) == (True, [], None)
    assert [one["outcome"] for one in failed["cases"]] == ["failure", "skipped"]
    passed = as_object({"dev": [CheckResult(name="a", holds=True, cases=(Case(name="b"),))]})
    assert passed["checks"]["dev"][0]["cases"][0]["outcome"] == "passed"


def test_people_are_told_how_many_cases_there_were() -> None:
    assert lines("dev", _HELD) == ["dev  imports  holds", "    old"]
    first, *log = lines("dev", _FAILED)
    assert first == "dev  test-unit  FAILS (2 cases, 1 failed, 1 skipped)"
    assert log == ["    printed", "    failed with status 1"]
    held = CheckResult(name="a", holds=True, cases=(Case(name="b"),))
    assert lines("dev", held) == ["dev  a  holds (1 case)"]
