"""Whole runs of default length, simulated as `harness.shadow.asking` asks: what becomes of harms.

A service is a function of what is asked: of which arm, which request, at which place of the run.
What is asked again is asked with a draw of its own, so that noise does not come back and what a
request's content causes does.
"""

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.record.core.exchange import Headers
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.headers import compared
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.events import Ended, Ending, Phase, Played, Restarted, Timed
from harness.shadow.core.judge import Judge
from harness.shadow.core.result import ShadowResult
from harness.shadow.core.spec import ShadowSpec
from harness.verdict import Judgement
from tests.shadow.core.simulated import ASKED, spec

CANDIDATE = 2
LENGTH = 2_000
EVERY = 100
REPLAYS = 20
SECONDS = 0.004
NOISE = 0.09


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request to one arm; `place` counts requests from 0, and is -1 while arms are warmed up.

    Replays are of the last place; `moment` counts them, too. `content` belongs to the request,
    whoever is asked and however often; `draw` to this answer; `change` to the run: between 0 and 1,
    when something changes, if anything does.
    """

    arm: int
    number: int
    place: int
    moment: int
    content: random.Random
    draw: random.Random
    change: float

    @property
    def harmed(self) -> bool:
        """Whether it is the candidate."""
        return self.arm == CANDIDATE


def _same(_: Ask) -> dict[str, object]:
    return {}


def _in_one_piece(_: Ask, _seconds: float) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`outcome`, `headers`, `body` (JSON, or bytes as they are) and `seconds` by what is asked.

    `first` is after how many of so many seconds an answer in pieces begins, None for one that comes
    in one piece; `again` is whether the request had to be sent twice.
    `dependence` is that of an arm's noise from one request to the next; `luck` is the spread of the
    logarithm of what each start adds to all latencies of an arm.
    """

    name: str
    outcome: Callable[[Ask], str] = lambda _: "200"
    headers: Callable[[Ask], Headers] = lambda _: ()
    body: Callable[[Ask], object] = _same
    seconds: Callable[[Ask, float], float] = lambda _, seconds: seconds
    first: Callable[[Ask, float], float | None] = _in_one_piece
    again: Callable[[Ask], bool] = lambda _: False
    dependence: float = 0.0
    luck: float = 0.0
    warm_up: int = 0
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one run."""

    judgement: Judgement
    families: dict[str, Judgement]
    requests: int
    replayed: int
    result: ShadowResult


def rules_of(service: Service) -> ShadowSpec:
    """Return `[shadow]` with every default but the service's rules."""
    return spec(protocols.JSON, rules=service.rules)


def play(service: Service, seed: int, length: int = LENGTH) -> Outcome:
    """Ask until the judge has settled, or to the end."""
    judge = Judge(spec=rules_of(service))
    arms = _Arms(service=service, seed=seed)
    asked, ending = service.warm_up, Ending.EXHAUSTED
    for number in range(service.warm_up):
        judge.observe(arms.ask(number, Phase.WARM_UP))
    for number in range(length):
        judge.observe(arms.ask(number, Phase.SERIAL))
        asked += 1
        if (number + 1) % EVERY == 0:
            asked += _again(judge, arms)
            if judge.wants_restart:
                judge.observe(arms.restart())
            if judge.is_settled:
                ending = Ending.SETTLED
                break
    else:
        asked += sum(_again(judge, arms) for _ in range(REPLAYS))
    judge.observe(Ended(asked=asked, ending=ending))
    result = judge.result(ASKED)
    return Outcome(
        judgement=result.judgement,
        families={finding.family: finding.judgement for finding in result.findings},
        requests=number + 1,
        replayed=asked - number - 1,
        result=result,
    )


def _again(judge: Judge, arms: "_Arms") -> int:
    doubts = judge.to_replay
    for number in doubts:
        judge.observe(arms.ask(number, Phase.REPLAY))
    return len(doubts)


@dataclass(slots=True, kw_only=True)
class _Arms:
    service: Service
    seed: int
    place: int = -1
    moment: int = -1
    _draw: random.Random = field(init=False)
    _change: float = field(init=False)
    _states: list[float] = field(init=False)
    _levels: list[float] = field(init=False)
    _starts: int = -1

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)  # noqa: S311 - a simulation
        self._change = self._draw.random()
        self._states = [self._draw.gauss(0, 1) for _ in range(3)]
        self.restart()

    def restart(self) -> Restarted:
        """Start all arms, with the luck that each start has."""
        self._starts += 1
        luck = self.service.luck
        self._levels = [math.exp(luck * self._draw.gauss(0, 1)) for _ in range(3)]
        return Restarted(starts=self._starts)

    def ask(self, number: int, phase: Phase) -> Played:
        """Return one request as three arms answered it."""
        self.place += phase is Phase.SERIAL
        self.moment += 1
        base = SECONDS * math.exp(0.3 * self._draw.gauss(0, 1))
        a, b, c = self._timed(number, base)
        return Played(number=number, phase=phase, group="", arms=(a, b, c))

    def _timed(self, number: int, base: float) -> Iterator[Timed]:
        service, linger = self.service, self.service.dependence
        fresh = math.sqrt(1 - linger**2)
        now = 1000.0 + self.place
        for arm in range(3):
            self._states[arm] = linger * self._states[arm] + fresh * self._draw.gauss(0, 1)
            ask = Ask(
                arm=arm,
                number=number,
                place=self.place,
                moment=self.moment,
                content=random.Random(self.seed * 1_000_003 + number),  # noqa: S311
                draw=self._draw,
                change=self._change,
            )
            usual = base * self._levels[arm] * math.exp(NOISE * self._states[arm])
            taken = service.seconds(ask, usual)
            body = service.body(ask)
            written = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = compared(service.headers(ask))
            reply = Reply(outcome=service.outcome(ask), body=written, headers=headers)
            first = service.first(ask, taken)
            yield Timed(
                intended=now,
                sent=now,
                finished=now + taken,
                reply=reply,
                first=None if first is None else now + first,
                again=service.again(ask),
            )
