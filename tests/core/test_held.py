from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.evidence.finding import EXIT_CODES, Judgement
from harness.core.held import UNWANTED, Held, case, gravest_code, gravest_first, section


def _held(judgement: Judgement | None, *lines: str) -> Held:
    return Held(judgement=judgement, lines=lines)


@pytest.mark.parametrize(
    ("judgement", "kind"),
    [
        (Judgement.PASS, "system-out"),
        (Judgement.FAIL, "failure"),
        (Judgement.INVALID, "error"),
        (Judgement.INCONCLUSIVE, "error"),
        (None, "skipped"),
    ],
)
def test_only_pass_is_a_success_in_junit(judgement: Judgement | None, kind: str) -> None:
    (told,) = case(_held(judgement, "because"), "serving")
    assert told.tag == kind
    assert told.text == "because"


def test_a_case_says_where_the_run_is() -> None:
    held = Held(judgement=Judgement.FAIL, lines=("outputs",), run="/runs/1")
    made = case(held, "serving")
    assert made.attrib == {"classname": "serving", "name": "against production"}
    assert made[0].get("message") == "FAIL"
    assert made[0].text == "outputs\nrun: /runs/1"


@given(st.text())
def test_a_case_is_xml_whatever_a_service_answers(said: str) -> None:
    data = ET.tostring(case(_held(Judgement.FAIL, said), "serving"), encoding="utf-8")
    assert ET.fromstring(data).tag == "testcase"  # noqa: S314 - our own text


def test_codes_are_ordered_from_corrupt_to_success() -> None:
    assert [gravest_code([first, second]) for first, second in _NEIGHBOURS] == [5, 1, 6, 3, 4]
    assert gravest_code([]) == 0


_NEIGHBOURS = ((1, 5), (6, 1), (6, 3), (4, 3), (0, 4))


def test_each_verdict_has_its_exit_code_and_none_has_success() -> None:
    assert [_held(each).exit_code for each in Judgement] == [EXIT_CODES[each] for each in Judgement]
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
