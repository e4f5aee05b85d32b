"""Production twice and a candidate once as isolated containers, asked and judged."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from harness.build.toolchain import relay
from harness.container.engine import ArmSpec, Engine, RunningArm, connect
from harness.container.relay import relay_image
from harness.host.processors import current_system
from harness.record.core.exchange import Request
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply, reply_to
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.evidence.finding import Finding, overall
from harness.shadow.core.evidence.margins import Margins
from harness.shadow.core.evidence.trial import Round, Trial
from harness.shadow.core.schedule import serial
from harness.shadow.replay import Answered, Trio, health, play, warm_up
from harness.verdict import Judgement

HEALTH = "/v2/health/ready"
PORT = 8080
MEMORY = 1024 * 2**20
RULES = Rules(volatile=frozenset({"id", "parameters"}))
SEED = 4
MOST_WARM_UP = 200
REPLAY_EVERY = 100
"""Requests after which the doubtful ones are asked again."""


@dataclass(frozen=True, slots=True)
class Arena:
    """An engine, the relay's image in it, and a directory for the arms' sockets."""

    engine: Engine
    relay: str
    directory: Path
    _runs: Iterator[int]

    @contextmanager
    def arms(self, production: str, candidate: str) -> Iterator[list[RunningArm]]:
        """Start production twice and the candidate once, by reference, until they are ready."""
        run = f"test-{next(self._runs)}"
        with ExitStack() as stack:
            started = [
                stack.enter_context(self.engine.start(self._arm(run, name, image)))
                for name, image in (("a", production), ("b", production), ("c", candidate))
            ]
            for arm in started:
                assert health(arm.socket, HEALTH).ready, arm.logs()
            yield started

    def _arm(self, run: str, name: str, image: str) -> ArmSpec:
        return ArmSpec(
            name=name,
            image=self.engine.image(image).id,
            relay_image=self.relay,
            port=PORT,
            run=run,
            directory=self.directory,
            memory_bytes=MEMORY,
            pids=64,
        )


@contextmanager
def arena(directory: Path) -> Iterator[Arena]:
    """Connect to the engine and make sure that it has the relay."""
    with connect() as engine:
        system = current_system()
        yield Arena(engine, relay_image(engine, relay(system), system), directory, count())


def compared(
    arms: Sequence[RunningArm],
    recorded: Sequence[Request],
    margins: Margins,
    *,
    until: str = "",
) -> dict[str, Finding]:
    """Ask one request after the other until there is a verdict, or all were asked.

    The verdict of all families together, or that of the one named by `until`.
    """
    trial = Trial(protocol=protocols.OPEN_INFERENCE, rules=RULES, margins=margins)
    sockets = [arm.socket for arm in arms]
    ask = recorded.__getitem__
    warm_up(sockets, ask, serial(range(len(recorded)), SEED, cap=MOST_WARM_UP))
    for trio in play(sockets, ask, serial(range(len(recorded)), SEED)):
        observe(trial, trio)
        if (trio[0].number + 1) % REPLAY_EVERY:
            continue
        for doubtful in play(sockets, ask, serial(map(int, trial.to_replay), SEED)):
            observe(trial, doubtful, replayed=True)
        asked_for = [each for each in trial.findings() if until in {"", each.family}]
        if overall(asked_for) is not Judgement.INCONCLUSIVE:
            break
    return {finding.family: finding for finding in trial.findings()}


def observe(trial: Trial, trio: Trio, *, replayed: bool = False) -> None:
    """Give the trial one request's three answers."""
    a, b, c = trio
    seconds = None if a.failure or b.failure or c.failure else (a.seconds, b.seconds, c.seconds)
    replies = (_reply(a), _reply(b), _reply(c))
    trial.observe(Round(request=str(a.number), replies=replies, seconds=seconds, replayed=replayed))


def _reply(answered: Answered) -> Reply:
    if answered.response is None:
        return Reply(outcome=str(answered.failure), body=b"")
    return reply_to(answered.response)
