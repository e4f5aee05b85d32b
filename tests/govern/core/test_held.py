from xml.etree import ElementTree as ET

import pytest

from harness.govern.core.held import UNWANTED, Held, case, gravest_first, section
from harness.render.junit import Outcome
from harness.verdict import Judgement


def _held(judgement: Judgement | None, *lines: str) -> Held:
    return Held(judgement=judgement, lines=lines)


@pytest.mark.parametrize(
    ("judgement", "outcome"),
    [
        (Judgement.PASS, Outcome.PASSED),
        (Judgement.FAIL, Outcome.FAILURE),
        (Judgement.INVALID, Outcome.ERROR),
        (Judgement.INCONCLUSIVE, Outcome.ERROR),
        (None, Outcome.SKIPPED),
    ],
)
def test_only_pass_is_a_success_in_junit(judgement: Judgement | None, outcome: Outcome) -> None:
    told = case(_held(judgement, "because"))
    assert (told.outcome, told.text) == (outcome, "because")


def test_a_case_says_where_the_run_is() -> None:
    made = case(Held(judgement=Judgement.FAIL, lines=("outputs",), run="/runs/1"))
    assert made.name == "against production"
    assert made.message == "FAIL"
    assert made.text == "outputs\nrun: /runs/1"


def test_each_verdict_has_its_exit_code_and_none_has_success() -> None:
    assert [_held(each).exit_code for each in Judgement] == [each.code for each in Judgement]
    assert UNWANTED.exit_code == 0


def test_the_gravest_stands_first_and_what_was_not_wanted_last() -> None:
    judgements = (None, Judgement.PASS, Judgement.INVALID, Judgement.FAIL)
    found = gravest_first(_held(each) for each in judgements)
    assert [one.judgement for one in found] == [*judgements[:0:-1], None]


def test_a_section_links_the_report_if_there_is_one() -> None:
    linked = list(section(_held(Judgement.PASS, "  outputs agree"), "runs/report.html"))
    texts = [t for part in linked if isinstance(part, ET.Element) for t in part.itertext()]
    assert texts == ["against production: ", "PASS", "outputs agree", "report of the comparison"]
    assert len(list(section(_held(None), ""))) == len(linked) - 1
