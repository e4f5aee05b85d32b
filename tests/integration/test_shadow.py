"""Shadow inference with real containers: every harm is found, and only harm.

Production twice and the candidate once, isolated, asked by one client through their relays.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.adapters.engine import ArmSpec, Engine, RunningArm, connect
from harness.adapters.host import current_system
from harness.adapters.open_loop import play_blocks
from harness.adapters.replay import Answered, Trio, health, play
from harness.core.agreement.answer import Protocol, Reply
from harness.core.agreement.levels import Rules
from harness.core.evidence.finding import Finding, Judgement, overall
from harness.core.evidence.resources import LEAST_STARTS, Resource, judge_resources
from harness.core.evidence.trial import Exchange, Margins, Trial
from harness.core.recording import Request
from harness.core.schedule import blocks, open_loop, serial
from harness.flows.relay import relay_image
from tests.integration.candidates import HEALTH, candidates, exchanges
from tests.integration.scorer import PORT

pytestmark = [pytest.mark.docker, pytest.mark.nix]

MEMORY = 256 * 2**20
RULES = Rules(volatile=frozenset({"id", "parameters"}))
SEED = 4
REPLAY_EVERY = 100
"""Requests after which the doubtful ones are asked again."""


@dataclass(frozen=True, slots=True)
class Arena:
    """An engine, the relay's image in it, images of the server by its faults, and a directory."""

    engine: Engine
    relay: str
    image: Callable[[str], str]
    directory: Path

    @contextmanager
    def arms(self, production: str, candidate: str) -> Iterator[list[RunningArm]]:
        """Start production twice and the candidate once, by their faults, until they are ready."""
        with ExitStack() as stack:
            started = [
                stack.enter_context(self.engine.start(self._arm(name, faults)))
                for name, faults in (("a", production), ("b", production), ("c", candidate))
            ]
            for arm in started:
                assert health(arm.socket, HEALTH, seconds=30).ready, arm.logs()
            yield started

    def _arm(self, name: str, faults: str) -> ArmSpec:
        return ArmSpec(
            name=name,
            image=self.engine.image(self.image(faults)).id,
            relay_image=self.relay,
            port=PORT,
            run="test-shadow",
            directory=self.directory,
            memory_bytes=MEMORY,
            pids=64,
        )


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """One engine and its images for all of these tests."""
    with connect() as engine, candidates() as image:
        directory = tmp_path_factory.mktemp("arms")
        yield Arena(engine, relay_image(engine, current_system()), image, directory)


def reply(answered: Answered) -> Reply:
    """Return what came back: the status and the body, or why nothing did."""
    if answered.response is None:
        return Reply(outcome=str(answered.failure), body=b"")
    return Reply(outcome=str(answered.response.status), body=answered.response.body)


def observe(trial: Trial, trio: Trio, *, replayed: bool = False) -> None:
    """Give the trial one request's three answers."""
    a, b, c = trio
    seconds = None if a.failure or b.failure or c.failure else (a.seconds, b.seconds, c.seconds)
    replies = (reply(a), reply(b), reply(c))
    trial.observe(
        Exchange(request=str(a.number), replies=replies, seconds=seconds, replayed=replayed)
    )


def compared(
    arena: Arena, production: str, candidate: str, most: int, margins: Margins
) -> dict[str, Finding]:
    """Ask one request after the other until the families have settled, or `most` were asked."""
    recorded = list(exchanges(most))
    trial = Trial(protocol=Protocol.OPEN_INFERENCE, rules=RULES, margins=margins)
    with arena.arms(production, candidate) as arms:
        sockets = [arm.socket for arm in arms]

        def ask(number: int) -> Request:
            return recorded[number].request

        for trio in play(sockets, ask, serial(range(most), SEED)):
            observe(trial, trio)
            if (trio[0].number + 1) % REPLAY_EVERY:
                continue
            again = serial(map(int, trial.to_replay), SEED)
            for doubtful in play(sockets, ask, again):
                observe(trial, doubtful, replayed=True)
            if overall(trial.findings()) is not Judgement.INCONCLUSIVE:
                break
    return {finding.family: finding for finding in trial.findings()}


@pytest.mark.parametrize(
    ("production", "candidate", "family"),
    [
        ("quick", "quick swapped", "outputs"),
        ("quick noise", "quick noise doubled", "outputs"),
        ("quick", "quick flips-100", "outputs"),
        ("quick", "quick narrowed", "outputs"),
        ("quick", "quick rounded", "outputs"),
        ("quick", "quick nan", "outputs"),
        ("quick", "quick error", "errors"),
        ("", "slow", "median latency"),
    ],
)
def test_harm_is_found_and_nothing_else(
    arena: Arena, production: str, candidate: str, family: str
) -> None:
    found = compared(arena, production, candidate, 1_000, Margins())
    assert [name for name, each in found.items() if each.judgement is Judgement.FAIL] == [family]


def test_one_flip_in_5000_is_found(arena: Arena) -> None:
    found = compared(arena, "quick", "quick flips-5000", 25_000, Margins(outputs=1 / 5000))
    assert found["outputs"].judgement is Judgement.FAIL, found["outputs"].reason


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
def test_no_harm_passes(arena: Arena, production: str, candidate: str) -> None:
    found = compared(arena, production, candidate, 1_500, Margins())
    assert overall(found.values()) is Judgement.PASS, found


def test_stalls_are_found_by_requests_that_do_not_wait_for_answers(arena: Arena) -> None:
    """For a tenth of each half second; ci/bench shadow has a second in ten."""
    recorded = list(exchanges(2_000))
    turns = open_loop([each.at for each in recorded], SEED, rate=200)
    trial = Trial(protocol=Protocol.OPEN_INFERENCE, rules=RULES, margins=Margins(slow=0.02))
    with arena.arms("quick", "quick stall-0.5") as arms:
        sockets = [arm.socket for arm in arms]
        for trio in play_blocks(
            sockets, lambda n: recorded[n].request, blocks(turns, SEED, seconds=5)
        ):
            observe(trial, trio)
    (tail,) = (each for each in trial.findings() if each.family == "tail latency")
    assert tail.judgement is Judgement.FAIL, tail.reason


def test_growing_memory_is_found(arena: Arena) -> None:
    recorded = list(exchanges(40))
    peaks: tuple[list[float], list[float]] = ([], [])
    for _ in range(LEAST_STARTS):
        with arena.arms("quick", "quick leak") as arms:
            sockets = [arm.socket for arm in arms]
            turns = serial(range(len(recorded)), SEED)
            assert all(trio for trio in play(sockets, lambda n: recorded[n].request, turns))
            for values, arm in zip(peaks, (arms[0], arms[2]), strict=True):
                values.append(arm.stats().memory_peak_bytes)
    (finding,) = judge_resources({"memory": Resource(production=peaks[0], candidate=peaks[1])})
    assert finding.judgement is Judgement.FAIL, peaks
