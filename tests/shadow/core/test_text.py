from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.shadow.core.events import Ending
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.reason import Why, because
from harness.shadow.core.page.page import page
from harness.shadow.core.result import ShadowResult
from harness.shadow.core.text import MOST_LINES, junit, summary
from harness.verdict import Judgement
from tests.render.test_junit import RAN
from tests.shadow.core.page.simulated import ASKED, simulated

FLIPPED = simulated("1 % flipped labels", 1500)
HOSTILE = "\x1b[2J</failure>\n<b>\u202eoutput\ud800" + "x" * 500


def hostile(result: ShadowResult) -> ShadowResult:
    findings = tuple(
        replace(each, family=HOSTILE, reasons=(because(Why.BROKEN, said=HOSTILE),))
        for each in result.findings
    )
    return replace(
        result,
        asked=replace(ASKED, environment=HOSTILE),
        findings=findings,
        worst=tuple(replace(worst, reasons=(HOSTILE,)) for worst in result.worst),
        groups=tuple(replace(each, name=HOSTILE, findings=findings) for each in result.groups),
        unexercised=(HOSTILE,) * 100,
    )


@pytest.mark.parametrize(
    ("judgement", "result"),
    [
        (Judgement.PASS, simulated("unchanged", 3000)),
        (Judgement.FAIL, FLIPPED),
        (Judgement.INCONCLUSIVE, simulated("unchanged", 30)),
        (Judgement.INVALID, simulated("unchanged", 30, lost=1)),
    ],
)
def test_summary_begins_with_the_verdict_and_why(
    judgement: Judgement, result: ShadowResult
) -> None:
    lines = summary(result)
    assert lines[0] == f"{judgement}: {judgement.meaning}"
    gravest = next(each for each in result.findings if each.judgement is judgement)
    assert any(line.startswith(f"  {judgement}  {gravest.family}: ") for line in lines[1:3])


def test_summary_tells_seed_budget_limits_and_what_was_not_exercised() -> None:
    text = "\n".join(summary(FLIPPED))
    assert "seed 7; probability of a false alarm 1%" in text
    assert "outputs 0.31% of requests" in text
    assert "not exercised: resources: [shadow] starts is 0" in text


def test_summary_gives_the_command_that_asks_a_bad_request_again() -> None:
    worst = FLIPPED.worst[0]
    assert f"    harness shadow serving --only {worst.number}" in summary(FLIPPED)


def test_summary_and_page_say_how_many_requests_went_out_twice() -> None:
    result = replace(FLIPPED, counts=replace(FLIPPED.counts, sent_again=(0, 0, 1)))
    said = "as the service closed a kept connection under the first: A 0, B 0, candidate 1"
    assert any(line.endswith(said) for line in summary(result))
    assert said.encode() in page(result)
    assert not any("sent twice" in line for line in summary(FLIPPED))


def test_nothing_could_be_shown_without_requests() -> None:
    text = "\n".join(summary(simulated("unchanged", 0)))
    assert "outputs none, however large; errors none, however large; median latency none" in text


def test_summary_says_which_groups_are_worse_by_themselves() -> None:
    failed = replace(
        FLIPPED.groups[0],
        findings=(
            Finding(
                family="outputs",
                judgement=Judgement.FAIL,
                reasons=(because(Why.BROKEN, said="differ"),),
                requests=9,
            ),
        ),
    )
    result = replace(FLIPPED, groups=(failed,))
    assert "  worse by itself: 1 group, such as 'east'" in summary(result)
    assert "worse by itself" not in "\n".join(summary(replace(FLIPPED, groups=())))


def test_summary_is_short_and_cannot_steer_a_terminal() -> None:
    result = hostile(replace(FLIPPED, findings=FLIPPED.findings * 50))
    lines = summary(result)
    assert len(lines) <= MOST_LINES
    assert all(line.isprintable() and len(line) <= 160 for line in lines)
    assert "  and 188 more findings" in lines


def test_a_long_reason_keeps_its_end_where_an_exception_stands() -> None:
    reason = f"candidate never became ready, and printed {'Traceback ' * 60}ImportError: no name b"
    broken = Finding(
        family="comparison",
        judgement=Judgement.INVALID,
        reasons=(because(Why.BROKEN, said=reason),),
        requests=0,
    )
    (line,) = [each for each in summary(replace(FLIPPED, findings=(broken,))) if "INVALID" in each]
    assert line.startswith("  INVALID  comparison: candidate never became")
    assert line.endswith("ImportError: no name b")
    assert len(line) == 160


def test_without_examples_nothing_is_told_of_what_was_answered() -> None:
    failed = Finding(
        family="outputs",
        judgement=Judgement.FAIL,
        reasons=(because(Why.BROKEN, said="differ"),),
        requests=9,
    )
    named = replace(FLIPPED.groups[0], name="a patient", findings=(failed,))
    result = replace(FLIPPED, groups=(named,))
    told = [each for each in summary(result) if "a patient" in each or "--only" in each]
    assert len(told) == 4
    rest = summary(result, examples=False)
    assert not {*told, *result.worst[0].reasons} & {*rest}
    assert rest[0] == summary(result)[0]


def outcomes(result: ShadowResult) -> dict[str, str]:
    suite = ET.fromstring(junit(result, RAN)).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    cases = suite.iterfind("testcase")
    return {case.get("name", ""): case[0].tag if len(case) else "" for case in cases}


def test_junit_has_a_case_a_family() -> None:
    assert outcomes(FLIPPED) == {
        "outputs": "failure",
        "errors": "",
        "median latency": "",
        "tail latency": "skipped",
        "ending": "",
    }


def test_junit_counts_its_cases() -> None:
    suite = ET.fromstring(junit(FLIPPED, RAN)).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    counted = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "5", "failures": "1", "errors": "0", "skipped": "1"}


def test_junit_of_a_broken_comparison_is_an_error() -> None:
    assert outcomes(simulated("unchanged", 3000, lost=1))["comparison"] == "error"
    broken = replace(simulated("unchanged", 3000), ending=Ending.BROKEN)
    assert outcomes(broken)["ending"] == "error"


def test_junit_of_an_interrupted_run_is_no_success() -> None:
    result = simulated("unchanged", 3000, ending=Ending.INTERRUPTED)
    assert result.judgement is Judgement.INCONCLUSIVE
    assert outcomes(result)["ending"] == "error"


def test_junit_is_xml_whatever_stands_in_it() -> None:
    suite = ET.fromstring(junit(hostile(FLIPPED), RAN)).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert "\x1b" not in ET.tostring(suite, encoding="unicode")
    assert suite.find(".//b") is None
