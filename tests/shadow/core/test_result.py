import json
import shlex
from dataclasses import replace

import pytest

from harness.shadow.core.result import Arm, as_object, judged_again
from harness.verdict import Judgement
from tests.shadow.core.evidence.simulation import BENIGN
from tests.shadow.core.simulated import ASKED, ended, events, judged, spec

RESULT = judged(spec(), *events(BENIGN[0], 20), ended(20))


def test_the_command_that_asks_a_request_again_is_that_of_the_comparison() -> None:
    options = ("--against", "a service; rm -rf /", "--port", "80")
    line = replace(ASKED, options=options).replay_command(7)
    assert shlex.split(line) == ["harness", "shadow", "serving", *options, "--only", "7"]


@pytest.mark.parametrize("then", ["", RESULT.judgement])
def test_what_is_judged_as_before_is_the_result_itself(then: str) -> None:
    assert judged_again(RESULT, then, "2") is RESULT


def test_what_is_now_judged_otherwise_names_both_versions() -> None:
    before = replace(RESULT, asked=replace(ASKED, harness="1"))
    assert judged_again(before, Judgement.FAIL, "2").judged == (
        "judged again by harness 2; the comparison and its page say FAIL, as judged by harness 1"
    )
    unknown = judged_again(RESULT, Judgement.FAIL, "2").judged
    assert unknown.endswith("say FAIL, as judged")


def test_an_object_is_json_with_dashes_and_reasons_in_words() -> None:
    value = as_object(RESULT)
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["asked"]["arms"][2] == {
        "name": "candidate",
        "reference": "image of serving",
        "image": "sha256:cc",
    }
    assert value["counts"]["sent-again"] == [0, 0, 0]
    assert all(isinstance(finding["reason"], str) for finding in value["findings"])


def test_numbers_that_json_does_not_know_are_texts() -> None:
    detectable = tuple(replace(one, change=float("inf")) for one in RESULT.detectable)
    value = as_object(replace(RESULT, detectable=detectable))
    assert {one["change"] for one in value["detectable"]} == {"inf"}


def test_a_name_stays_what_it_is() -> None:
    arms = (Arm(name="a_b", reference="", image=""), *ASKED.arms[1:])
    value = as_object(replace(RESULT, asked=replace(ASKED, arms=arms)))
    assert value["asked"]["arms"][0]["name"] == "a_b"
