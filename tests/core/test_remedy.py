from harness.core.factor import NAMES
from harness.core.recognise import FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME
from harness.core.remedy import ADVICE, advice


def test_every_cause_has_a_title_and_a_remedy() -> None:
    assert ADVICE.keys() == {*NAMES, FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME}


def test_a_remedy_fits_the_format_where_one_is_known() -> None:
    assert advice(["clock"], ["a.gz: gzip header mtime"]).remedy == "pass mtime=0 (gzip -n)"
    assert "SOURCE_DATE_EPOCH" in advice(["clock"], ["a.txt: line 1"]).remedy


def test_factors_that_act_together_are_told_together() -> None:
    said = advice(["clock", "home"], [])
    assert said.title.count(";") == 1
    assert "HOME" in said.remedy
