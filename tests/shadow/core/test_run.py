import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.shadow.core.page.page import page
from harness.shadow.core.result import LOG, Arm, Asked, judged_again
from harness.shadow.core.run import decode_packages, decode_run, encode_packages, encode_run
from harness.verdict import Judgement
from tests.shadow.core.page.simulated import simulated

RESULT = simulated("unchanged", 30)
_TEXT = st.text(max_size=20)
_ARM = st.builds(Arm, name=_TEXT, reference=_TEXT, image=_TEXT)
_ASKED = st.builds(
    Asked,
    environment=_TEXT,
    arms=st.tuples(_ARM, _ARM, _ARM),
    shadow=st.dictionaries(_TEXT, st.one_of(_TEXT, st.integers(), st.booleans())),
    recording=_TEXT,
    seed=st.integers(0, 2**64),
    fixed=st.booleans(),
    options=st.lists(_TEXT).map(tuple),
    log=st.integers(1, 2),
    harness=_TEXT,
)


@given(_ASKED)
def test_what_was_asked_for_is_read_as_it_was_written(asked: Asked) -> None:
    assert decode_run(encode_run(asked), "run.json") == asked


_ARMS = [{"name": "a", "reference": "r", "image": "i"}] * 3
_GOOD: dict[str, Any] = {
    "format": 1,
    "environment": "e",
    "arms": _ARMS,
    "shadow": {},
    "recording": "",
    "seed": 1,
}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "expected a table"),
        (json.dumps(_GOOD | {"format": 2}).encode(), "format: 2, but this harness reads 1"),
        (json.dumps(_GOOD | {"arms": _ARMS[:2]}).encode(), "arms: expected 3, found 2"),
        (json.dumps(_GOOD | {"shadow": []}).encode(), "shadow: expected a table"),
        (json.dumps(_GOOD | {"sead": 2}).encode(), "unknown key"),
    ],
)
def test_another_file_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode_run(data, "run.json")


def test_a_run_that_does_not_say_what_its_log_holds_is_an_early_one() -> None:
    assert decode_run(json.dumps(_GOOD).encode(), "run.json").log == 1


@given(
    st.dictionaries(_TEXT, st.dictionaries(st.tuples(_TEXT, _TEXT), _TEXT, max_size=5), max_size=3)
)
def test_packages_are_read_as_they_were_written(
    images: dict[str, dict[tuple[str, str], str]],
) -> None:
    assert decode_packages(encode_packages(images), "packages.json") == images


def test_packages_without_a_version_are_refused() -> None:
    image = {"image": "i", "packages": [["python", "numpy"]]}
    data = json.dumps({"format": 1, "images": [image]}).encode()
    with pytest.raises(InputError, match="expected ecosystem, name and version"):
        decode_packages(data, "packages.json")


def test_a_request_is_asked_again_by_a_command_that_can_be_pasted() -> None:
    arm = Arm(name="a", reference="r", image="i")
    asked = Asked(
        environment="serving",
        arms=(arm, arm, arm),
        shadow={},
        recording="",
        seed=1,
        fixed=False,
        options=("--candidate", "my image.tar"),
    )
    command = "harness shadow serving --candidate 'my image.tar' --only 17"
    assert asked.replay_command(17) == command


@pytest.mark.parametrize("log", [1, LOG])
@pytest.mark.parametrize("now", [Judgement.PASS, Judgement.FAIL])
def test_what_a_log_lacks_cannot_have_passed(log: int, now: Judgement) -> None:
    found = replace(RESULT, asked=replace(RESULT.asked, log=log), judgement=now)
    again = judged_again(found, "", "2")
    missing = "headers of answers, and first answers after starts: the run's log is older"
    assert (missing in again.unexercised) is (log < LOG)
    lacks = log < LOG and now is Judgement.PASS
    assert again.judgement is (Judgement.INCONCLUSIVE if lacks else now)


def test_what_is_judged_otherwise_now_is_marked() -> None:
    found = replace(RESULT, judgement=Judgement.PASS)
    assert judged_again(found, "PASS", "2") == found
    marked = judged_again(found, "FAIL", "2")
    said = "judged again by harness 2; the run and its page say FAIL, as judged"
    assert marked.judged == said
    assert f"<p>{said}.</p>".encode() in page(marked)
