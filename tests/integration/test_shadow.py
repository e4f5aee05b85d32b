"""Shadow inference with real containers: every harm is found, and only harm.

Production twice and the candidate once, isolated, asked by one client through their relays.
"""

from collections.abc import Callable, Iterator

import pytest

from harness.shadow.core.answers import protocols
from harness.shadow.core.evidence.finding import overall
from harness.shadow.core.evidence.margins import LEAST_STARTS, Margins
from harness.shadow.core.evidence.resources import Resource, judge_resources
from harness.shadow.core.evidence.trial import Trial
from harness.shadow.core.schedule import blocks, recorded, serial
from harness.shadow.core.wording import worded
from harness.shadow.open_loop import play_blocks
from harness.shadow.replay import play
from harness.verdict import Judgement
from tests.integration.arena import RULES, SEED, Arena, arena, compared, observe
from tests.integration.candidates import candidates, requests

pytestmark = [pytest.mark.docker, pytest.mark.nix]

Image = Callable[[str], str]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """One engine for all of these tests."""
    with arena(tmp_path_factory.mktemp("arms")) as made:
        yield made


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Images of the small server by its faults."""
    with candidates() as made:
        yield made


@pytest.mark.parametrize(
    ("production", "candidate", "family"),
    [
        ("quick", "quick swapped", "outputs"),
        ("quick noise", "quick noise doubled", "outputs"),
        ("quick", "quick flips-100", "outputs"),
        ("quick", "quick narrowed", "outputs"),
        ("quick", "quick rounded", "outputs"),
        ("quick binary", "quick binary narrowed", "outputs"),
        ("quick", "quick nan", "outputs"),
        ("quick", "quick error", "errors"),
        ("", "slow", "median latency"),
    ],
)
def test_harm_is_found_and_nothing_else(
    ready: Arena, image: Image, production: str, candidate: str, family: str
) -> None:
    with ready.arms(image(production), image(candidate)) as arms:
        found = compared(arms, requests(1_000), Margins())
    assert [name for name, each in found.items() if each.judgement is Judgement.FAIL] == [family]


def test_one_flip_in_5000_is_found(ready: Arena, image: Image) -> None:
    with ready.arms(image("quick"), image("quick flips-5000")) as arms:
        margins = Margins(outputs=1 / 5000)
        found = compared(arms, requests(25_000), margins, until="outputs")
    assert found["outputs"].judgement is Judgement.FAIL, worded(found["outputs"].reasons)


@pytest.mark.parametrize(
    ("production", "candidate"),
    [
        ("", ""),
        ("quick", "quick reordered-keys"),
        ("quick", "quick reordered-outputs"),
        ("quick volatile", "quick volatile"),
        ("quick noise", "quick noise"),
    ],
)
def test_no_harm_passes(ready: Arena, image: Image, production: str, candidate: str) -> None:
    with ready.arms(image(production), image(candidate)) as arms:
        found = compared(arms, requests(1_500), Margins())
    assert overall(found.values()) is Judgement.PASS, found


def test_answers_in_bytes_are_those_in_json(ready: Arena, image: Image) -> None:
    with ready.arms(image("quick"), image("quick binary")) as arms:
        found = compared(arms, requests(900), Margins(), until="outputs")
    assert found["outputs"].judgement is Judgement.PASS, worded(found["outputs"].reasons)


def test_stalls_are_found_by_requests_that_do_not_wait_for_answers(
    ready: Arena, image: Image
) -> None:
    """For a tenth of each half second, at the recorded rate; ci/bench has a second in ten."""
    asked = requests(2_000)
    turns = recorded([number / 200 for number in range(len(asked))], SEED, seconds=10)
    trial = Trial(protocol=protocols.OPEN_INFERENCE, rules=RULES, margins=Margins(slow=0.02))
    with ready.arms(image("quick"), image("quick stall-0.5")) as arms:
        sockets = [arm.socket for arm in arms]
        for trio in play_blocks(sockets, asked.__getitem__, blocks(turns, SEED, seconds=5)):
            observe(trial, trio)
    (tail,) = (each for each in trial.findings() if each.family == "tail latency")
    assert tail.judgement is Judgement.FAIL, worded(tail.reasons)


def test_growing_memory_is_found(ready: Arena, image: Image) -> None:
    recorded = requests(40)
    peaks: tuple[list[float], list[float]] = ([], [])
    for _ in range(LEAST_STARTS):
        with ready.arms(image("quick"), image("quick leak")) as arms:
            sockets = [arm.socket for arm in arms]
            turns = serial(range(len(recorded)), SEED)
            trios = list(play(sockets, recorded.__getitem__, turns))
            assert not any(answered.failure for trio in trios for answered in trio)
            for values, arm in zip(peaks, (arms[0], arms[2]), strict=True):
                values.append(arm.stats().memory_peak_bytes)
    (finding,) = judge_resources({"memory": Resource(production=peaks[0], candidate=peaks[1])})
    assert finding.judgement is Judgement.FAIL, peaks
