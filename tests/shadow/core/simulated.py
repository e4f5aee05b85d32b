"""Runs of shadow inference, simulated as the events that a real one writes."""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.events import Ended, Ending, Event, Phase, Played, Started, Timed
from harness.shadow.core.evidence.trial import Round
from harness.shadow.core.judge import Judge
from harness.shadow.core.result import Arm, Setup, ShadowResult
from harness.shadow.core.spec import Apart, ShadowSpec
from harness.verdict import Judgement
from tests.shadow.core.evidence.simulation import STRICT, Case

ASKED = Setup(
    environment="serving",
    arms=(
        Arm(name="production A", reference="service:1", image="sha256:aa"),
        Arm(name="production B", reference="service:1", image="sha256:aa"),
        Arm(name="candidate", reference="image of serving", image="sha256:cc"),
    ),
    shadow={"production": "service:1", "protocol": "open-inference-v2", "recording": "traffic"},
    recording="0" * 64,
    seed=7,
    fixed=False,
)


def spec(
    protocol: Protocol = protocols.OPEN_INFERENCE, rules: Rules = STRICT, **changes: Any
) -> ShadowSpec:
    """Return the rules of the simulations."""
    known: dict[str, Any] = {"port": 8080, "health": "/", "recording": "traffic", **ruled(rules)}
    return ShadowSpec(production="service:1", protocol=protocol, **{**known, **changes})


def ruled(rules: Rules) -> dict[str, Any]:
    """Return rules about answers as [shadow] says them."""
    return {
        "volatile": tuple(rules.volatile),
        "tolerances": {
            name: Apart(absolute=one.absolute, relative=one.relative)
            for name, one in rules.tolerances.items()
        },
        "scores": None if rules.scores is None else tuple(rules.scores),
    }


def events(
    case: Case, count: int, *, phase: Phase = Phase.SERIAL, group: str = ""
) -> Iterator[Played]:
    """Yield requests as three arms answered them; times as a monotonic clock would tell them."""
    draw = random.Random(3)  # noqa: S311 - a seed, not a secret
    for number, seconds in enumerate(itertools.islice(case.seconds(3, draw), count)):
        yield played(case.exchange(number, draw, seconds), number, phase, group)


def played(round_: Round, number: int, phase: Phase = Phase.SERIAL, group: str = "") -> Played:
    """Return a round as an event."""
    now = 1000.0 + number
    seconds = round_.seconds or (0.01, 0.01, 0.01)
    a, b, c = (
        Timed(intended=now, sent=now, finished=now + each, reply=reply)
        for each, reply in zip(seconds, round_.replies, strict=True)
    )
    return Played(number=number, phase=phase, group=group, arms=(a, b, c))


def ended(asked: int, ending: Ending = Ending.EXHAUSTED) -> Ended:
    """Return the end of a comparison."""
    return Ended(asked=asked, ending=ending)


def judged(spec_: ShadowSpec, *happened: Event) -> ShadowResult:
    """Return what is made of all events."""
    judge = Judge(spec=spec_)
    for event in happened:
        judge.observe(event)
    return judge.result(ASKED)


def started(arm: int, number: int, memory: int) -> Started:
    """Return one start of an arm."""
    return Started(
        arm=arm,
        ready_seconds=2.0 + number / 100,
        memory_peak_bytes=memory + number * 1000,
        cpu_seconds=1.0 + number / 100,
    )


def answer(**fields: object) -> bytes:
    """Return a body of JSON."""
    return json.dumps(fields).encode()


def once(number: int, *replies: tuple[str, bytes], seconds: float = 0.01) -> Played:
    """Return one request with these replies of A, B and the candidate."""
    a, b, c = (
        Timed(intended=5.0, sent=5.0, finished=5.0 + seconds, reply=Reply(outcome=name, body=body))
        for name, body in replies
    )
    return Played(number=number, phase=Phase.SERIAL, group="", arms=(a, b, c))


def family(result: ShadowResult, name: str) -> Judgement:
    (found,) = {each.judgement for each in result.findings if each.family == name}
    return found
