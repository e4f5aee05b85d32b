from dataclasses import replace

import pytest

from harness.render.html import page
from harness.render.opening import Made
from harness.shadow.core.events import Ending
from harness.shadow.core.page.opening import opening
from harness.shadow.core.result import ShadowResult
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from tests.pages import Read
from tests.shadow.core.page.simulated import ASKED, simulated

FLIPPED = simulated("1 % flipped labels", 1500)
PASSED = simulated("unchanged", 3000)
MADE = Made(at="2026-11-28 21:30 UTC", harness="0.1.0", commit="c0ffee")


def told(result: ShadowResult) -> str:
    first = opening(result, MADE)
    return Read(page(first.title, first.drawn())).text


def test_failure_tells_what_decided_and_the_command_that_shows_it() -> None:
    text = told(FLIPPED)
    assert f"outputs: {worded(FLIPPED.findings[0].reasons)}\n" in text
    assert "Keep production" in text
    assert f"harness shadow serving --only {FLIPPED.worst[0].number}\n" in text
    assert "tail latency" not in text


def test_failure_without_a_request_to_ask_again_names_none() -> None:
    assert "--only" not in told(replace(FLIPPED, worst=()))


def test_pass_names_each_family_that_was_proven() -> None:
    text = told(PASSED)
    assert PASSED.judgement is Judgement.PASS
    assert [f"\n{family}: " in text for family in ("outputs", "errors", "median latency")] == (
        [True] * 3
    )
    assert "may take production's place" in text
    assert "Mind what was not exercised: 1 part, below." in text
    assert "Mind" not in told(replace(PASSED, unexercised=()))


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (simulated("1e-6 jitter in production too", 30), "Ask more requests"),
        (simulated("unchanged", 0), "Mend what broke"),
        (
            simulated("unchanged", 3000, ending=Ending.INTERRUPTED),
            f"The comparison ended early: {Ending.INTERRUPTED}.",
        ),
    ],
    ids=["inconclusive", "invalid", "interrupted"],
)
def test_a_run_without_a_verdict_on_the_candidate_says_what_to_do(
    result: ShadowResult, said: str
) -> None:
    assert said in told(result)


def test_it_says_when_of_which_sources_and_which_images() -> None:
    text = told(FLIPPED)
    for said in (
        "2026-11-28 21:30 UTC by harness 0.1.0",
        "c0ffee",
        f"serving (sha256:{'2' * 12})",
        f"registry/model:production (sha256:{'1' * 12})",
        f"{'3' * 12}\n",
    ):
        assert said in text, said


def test_an_image_that_was_asked_for_by_its_id_is_named_once() -> None:
    by_id = tuple(replace(arm, reference=arm.image) for arm in ASKED.arms)
    asked = replace(ASKED, arms=(by_id[0], by_id[1], by_id[2]))
    assert f"\n{ASKED.arms[2].image}\n" in told(replace(FLIPPED, asked=asked))
