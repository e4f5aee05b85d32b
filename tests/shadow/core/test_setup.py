import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.shadow.core.page.page import page
from harness.shadow.core.result import Arm, Setup, judged_again
from harness.shadow.core.setup import decode_packages, decode_setup, encode_packages, encode_setup
from harness.verdict import Judgement
from tests.shadow.core.page.simulated import simulated

RESULT = simulated("unchanged", 30)
_TEXT = st.text(max_size=20)
_ARM = st.builds(Arm, name=_TEXT, reference=_TEXT, image=_TEXT)
_ASKED = st.builds(
    Setup,
    environment=_TEXT,
    arms=st.tuples(_ARM, _ARM, _ARM),
    shadow=st.dictionaries(_TEXT, st.one_of(_TEXT, st.integers(), st.booleans())),
    recording=_TEXT,
    seed=st.integers(0, 2**64),
    fixed=st.booleans(),
    options=st.lists(_TEXT).map(tuple),
    harness=_TEXT,
)


@given(_ASKED)
def test_what_was_asked_for_is_read_as_it_was_written(asked: Setup) -> None:
    assert decode_setup(encode_setup(asked), "comparison.json") == asked


_ARMS = [{"name": "a", "reference": "r", "image": "i"}] * 3
_GOOD: dict[str, Any] = {
    "format": 2,
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
        (json.dumps(_GOOD | {"format": 1}).encode(), "format: 1, but this harness reads 2"),
        (json.dumps(_GOOD | {"arms": _ARMS[:2]}).encode(), "arms: expected 3, found 2"),
        (json.dumps(_GOOD | {"shadow": []}).encode(), "shadow: expected a table"),
        (json.dumps(_GOOD | {"sead": 2}).encode(), "unknown key"),
    ],
)
def test_another_file_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode_setup(data, "comparison.json")


@given(
    st.dictionaries(_TEXT, st.dictionaries(st.tuples(_TEXT, _TEXT), _TEXT, max_size=5), max_size=3)
)
def test_packages_are_read_as_they_were_written(
    images: dict[str, dict[tuple[str, str], str]],
) -> None:
    assert decode_packages(encode_packages(images), "packages.json") == images


def test_packages_without_a_version_are_refused() -> None:
    image = {"image": "i", "packages": [["python", "numpy"]]}
    data = json.dumps({"format": 2, "images": [image]}).encode()
    with pytest.raises(InputError, match="expected ecosystem, name and version"):
        decode_packages(data, "packages.json")


def test_a_request_is_asked_again_by_a_command_that_can_be_pasted() -> None:
    arm = Arm(name="a", reference="r", image="i")
    asked = Setup(
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


def test_what_is_judged_otherwise_now_is_marked() -> None:
    found = replace(RESULT, judgement=Judgement.PASS)
    assert judged_again(found, "PASS", "2") == found
    marked = judged_again(found, "FAIL", "2")
    said = "judged again by harness 2; the comparison and its page say FAIL, as judged"
    assert marked.judged == said
    assert f"<p>{said}.</p>".encode() in page(marked)
