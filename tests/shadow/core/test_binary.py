"""Runs in which arms answer with tensors as bytes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import Played, Timed, decode_event, encode_event
from harness.verdict import Judgement
from tests.binary import binary_reply
from tests.shadow.core.evidence.simulation import LOOSE, Case, each_probability, narrowed
from tests.shadow.core.simulated import ended, events, judged, spec

REQUESTS = 800
CODES = {"FP64": "<f8", "INT64": "<i8"}
HARMS = (
    Case(name="float32 narrowing", alter=each_probability(narrowed), rules=LOOSE),
    Case(name="a change of 1e-3", alter=each_probability(lambda value: value * 1.001)),
)


def in_bytes(reply: Reply) -> Reply:
    """Return the same answer with its tensors as bytes, as numpy writes them."""
    return binary_reply(
        **{
            each["name"]: (
                each["datatype"],
                tuple(each["shape"]),
                np.array(each["data"], CODES[each["datatype"]]).tobytes(),
            )
            for each in json.loads(reply.body)["outputs"]
        }
    )


def in_json(reply: Reply) -> Reply:
    """Return the same answer with no more than its tensors."""
    return replace(reply, body=json.dumps({"outputs": json.loads(reply.body)["outputs"]}).encode())


def as_told(played: Played, arms: str) -> Played:
    """Return the event with the answers of the arms, of ABC, as bytes; as its log keeps it."""

    def told(name: str, timed: Timed) -> Timed:
        written = in_bytes if name in arms else in_json
        return replace(timed, reply=written(timed.reply))

    a, b, c = map(told, "ABC", played.arms)
    event = decode_event(encode_event(replace(played, arms=(a, b, c))), "log")
    assert isinstance(event, Played)
    return event


def judgement(case: Case, arms: str) -> Judgement:
    played = [as_told(event, arms) for event in events(case, REQUESTS)]
    return judged(spec(rules=case.rules), *played, ended(REQUESTS)).judgement


@pytest.mark.parametrize("arms", ["ABC", "AB", "C"])
def test_the_same_answers_pass_whichever_way_they_come(arms: str) -> None:
    assert judgement(Case(name="unchanged"), arms) is Judgement.PASS


@pytest.mark.parametrize("arms", ["ABC", "AB", "C"])
@pytest.mark.parametrize("case", HARMS, ids=lambda case: case.name)
def test_harm_fails_whichever_way_it_comes(case: Case, arms: str) -> None:
    assert judgement(case, arms) is Judgement.FAIL
