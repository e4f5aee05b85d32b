"""Results of whole runs, judged from simulated events."""

import itertools
import random
from collections.abc import Iterator
from functools import cache

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import Ended, Ending, Event, Phase, Played, Timed, Unexercised
from harness.shadow.core.judge import Judge
from harness.shadow.core.result import Arm, Setup, ShadowResult
from harness.shadow.core.spec import ShadowSpec
from tests.shadow.core.evidence.simulation import BENIGN, HARMS, Case, Seconds
from tests.shadow.core.simulated import ruled

ASKED = Setup(
    environment="serving",
    arms=(
        Arm(name="A", reference="registry/model:production", image="sha256:" + "1" * 64),
        Arm(name="B", reference="registry/model:production", image="sha256:" + "1" * 64),
        Arm(name="candidate", reference="serving", image="sha256:" + "2" * 64),
    ),
    shadow={},
    recording="3" * 64,
    seed=7,
    fixed=False,
)
CASES = {case.name: case for case in (*BENIGN, *HARMS)}
Arms = tuple[Timed, Timed, Timed]
GROUPS = ("north", "south", "east")


@cache
def simulated(
    name: str,
    requests: int,
    *,
    ending: Ending = Ending.EXHAUSTED,
    lost: int = 0,
) -> ShadowResult:
    """Return what is made of so many requests of a case of the simulation.

    Of more than were played, `lost` are claimed to have been asked.
    """
    case = CASES[name]
    judge = Judge(spec=_spec(case))
    played = 0
    for event in _events(case, requests):
        judge.observe(event)
        played += 1
    for number in judge.to_replay:
        judge.observe(_again(case, number))
        played += 1
    judge.observe(Unexercised(what="resources: [shadow] starts is 0"))
    judge.observe(Ended(asked=played + lost, ending=ending))
    return judge.result(ASKED)


def _spec(case: Case) -> ShadowSpec:
    return ShadowSpec(
        production="registry/model:production",
        protocol=protocols.OPEN_INFERENCE,
        port=8080,
        health="/v2/health/ready",
        recording="recording",
        **ruled(case.rules),
    )


def _events(case: Case, requests: int) -> Iterator[Event]:
    draw = random.Random(1)  # noqa: S311 - a seed, not a secret
    names = itertools.cycle(GROUPS)
    latencies = itertools.islice(case.seconds(1, draw), requests)
    for number, (seconds, name) in enumerate(zip(latencies, names, strict=False), 1):
        arms = _arms(case, number, draw, seconds)
        yield Played(number=number, phase=Phase.SERIAL, group=name, arms=arms)


def _again(case: Case, number: int) -> Played:
    draw = random.Random(number)  # noqa: S311 - a seed, not a secret
    arms = _arms(case, number, draw, (0.005, 0.005, 0.005))
    return Played(number=number, phase=Phase.REPLAY, group="", arms=arms)


def _arms(case: Case, number: int, draw: random.Random, seconds: Seconds) -> Arms:
    a, b, c = (
        _timed(number / 50, taken, case.reply(number, draw, candidate=arm == "C"))
        for arm, taken in zip("ABC", seconds, strict=True)
    )
    return a, b, c


def _timed(at: float, taken: float, reply: Reply) -> Timed:
    return Timed(intended=at, sent=at, finished=at + taken, reply=reply)
