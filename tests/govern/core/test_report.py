from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.errors import Exit
from harness.govern.core.assessment import UNWANTED, Assessment
from harness.govern.core.page import as_html
from harness.govern.core.report import as_junit, as_object, case
from harness.govern.core.text import verification_lines
from harness.render.junit import Outcome
from harness.verdict import Judgement, Verdict
from harness.verify.core.benign import Expected
from tests.attest.core.samples import DIFFERENT, TOOL, TREE, result
from tests.govern.core.samples import QUORUM, found, known
from tests.render.test_junit import RAN
from tests.rows import added


def test_a_report_holds_all_that_is_known_and_one_exit_code() -> None:
    one = known(result(TOOL), judgement=Judgement.FAIL)
    report = as_object([one, replace(found(Verdict.SAME), name="other")])
    assert (report["verdict"], report["exit-code"]) == ("SAME", 1)
    assert [each["benign"] for each in report["environments"]] == [[], []]
    assert report["shadow"] == {
        "serving": {"judgement": "FAIL", "lines": ["  why"], "run": "/runs/1"}
    }


def test_a_report_without_a_comparison_says_nothing_of_one() -> None:
    assert list(as_object([found(Verdict.SAME)])) == ["verdict", "exit-code", "environments"]


def test_a_report_of_what_builders_say_has_no_rebuilds() -> None:
    report = as_object([Assessment(name="serving", statements=QUORUM)])
    assert (report["verdict"], report["exit-code"]) == ("INCONCLUSIVE", 4)
    assert [each["silent"] for each in report["environments"]] == [["ann"]]


def test_junit_has_a_case_for_each_output_for_production_and_for_the_builders() -> None:
    both = replace(known(result(TOOL), judgement=Judgement.FAIL), statements=QUORUM)
    first, second = ET.fromstring(as_junit([both, Assessment(name="b", comparison=UNWANTED)], RAN))  # noqa: S314 - our own text
    assert (first.get("tests"), first.get("failures"), first.get("errors")) == ("3", "1", "1")
    names = [one.get("name") for one in first.iterfind("testcase")]
    assert names == ["tool", "against production", "statements of other builders"]
    assert (second.get("tests"), second.get("skipped")) == ("1", "1")


def test_a_waived_difference_passes_in_junit() -> None:
    waived = replace(known(DIFFERENT), waivers=Expected(found={}, covered=frozenset({TREE})))
    (suite,) = ET.fromstring(as_junit([waived], RAN))  # noqa: S314 - our own text
    assert suite.get("failures") == "0"


@pytest.mark.parametrize(
    ("judgement", "outcome"),
    [
        (Judgement.PASS, Outcome.PASSED),
        (Judgement.FAIL, Outcome.FAILURE),
        (Judgement.INVALID, Outcome.ERROR),
        (Judgement.INCONCLUSIVE, Outcome.ERROR),
    ],
)
def test_only_pass_is_a_success_in_junit(judgement: Judgement, outcome: Outcome) -> None:
    comparison = known(judgement=judgement).comparison
    assert comparison
    told = case(comparison)
    assert (told.outcome, told.message, told.text) == (outcome, judgement, "  why\nrun: /runs/1")


def test_a_verdict_is_one_row() -> None:
    row = ("MOSTLY SAME", Exit.DIFFERENT, "open", Outcome.FAILURE, "nearly all of it is the same")
    with added(Verdict, "MOSTLY", *row) as mostly:
        one = known(result(TOOL, mostly), result(TREE))
        report = as_object([one])
        assert (report["verdict"], report["exit-code"]) == ("MOSTLY SAME", 1)
        assert report["environments"][0]["counts"] == {"MOSTLY SAME": 1, "SAME": 1}
        assert next(verification_lines(one)) == "MOSTLY SAME   tool"
        (suite,) = ET.fromstring(as_junit([one], RAN))  # noqa: S314 - our own text
        assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
        assert b'<span class="mark open">MOSTLY SAME</span>' in as_html([one])
        assert found(Verdict.CORRUPT).code == 5
        assert Verdict.called("MOSTLY SAME") is mostly
    assert Verdict.called("MOSTLY SAME") is None
