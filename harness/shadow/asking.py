"""Asking three arms: started, warmed up, asked by one client, and every answer told as an event."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, cycle, islice
from pathlib import Path

from harness.container.engine import ArmSpec, Engine, RunningArm
from harness.errors import InputError, ToolError
from harness.host import interrupts, processors
from harness.host.scratch import scratch
from harness.record.core.exchange import Exchange, Request
from harness.record.core.wire import codings_not_offered
from harness.render.quantity import plural
from harness.shadow.core.answers.answer import Reply, id_of, reply_to
from harness.shadow.core.answers.headers import left_out
from harness.shadow.core.endpoints import Plan, endpoint_of, planned
from harness.shadow.core.events import (
    ARMS,
    BEGINNINGS,
    Broken,
    Ended,
    Ending,
    Event,
    Phase,
    Played,
    Restarted,
    Started,
    Timed,
    Unexercised,
)
from harness.shadow.core.groups import group_of
from harness.shadow.core.judge import Judge
from harness.shadow.core.result import Arm
from harness.shadow.core.schedule import Turn, blocks, open_loop, order, recorded, serial
from harness.shadow.core.spec import ShadowSpec
from harness.shadow.open_loop import play_blocks
from harness.shadow.replay import Answered, Limits, Trio, health, play, warm_up

Tell = Callable[[Event], None]
OnStep = Callable[[str], None]
"""Is told what is done next, in words."""

MOST_WARM_UP = 200
REPLAY_EVERY = 100
_LAST_REPLAYS = 20
"""How often doubts that are left at the end are asked again; fewer settle most."""
_OF_A_START = 100
"""Requests after which what a start used is counted."""
_BLOCK_SECONDS = 5.0
_LOOK_SECONDS = 5.0
"""How long a service is waited for before a look at whether it has ended."""
_NAMES = ("a", "b", "c")
_MOST_NAMES = 20
_LONGEST_NAME = 40


def _processors() -> tuple[int, ...]:
    """Return the processors, the client's first, then the arms'; none where there is only one.

    The arms share theirs: they are asked in turn, and one that had its own could be luckier.
    """
    known = tuple(processors.allowed_cpus())
    return known if len(known) > 1 else ()


@dataclass(slots=True, kw_only=True)
class Asking:
    """One comparison's means: an engine, the images of the arms, the recording.

    `run` is unique among runs that are going on; `writable` are directories that the candidate's
    image writes to.
    """

    engine: Engine
    relay: str
    arms: Sequence[Arm]
    spec: ShadowSpec
    recording: Sequence[Exchange]
    seed: int
    run: str
    writable: tuple[str, ...] = ()
    on_step: OnStep = lambda _: None
    _cpus: tuple[int, ...] = field(default_factory=_processors)
    """Found before this thread keeps to one of them."""
    _recorded: list[Turn] = field(default_factory=list)
    """What is sent at the recorded rate."""
    _starts: int = 0
    _ready_seconds: dict[int, float] = field(default_factory=dict)
    _counted: Counter[str] = field(default_factory=Counter)
    _left_out: dict[str, None] = field(default_factory=dict)
    """Names of answers' headers that are not compared."""
    _plan: Plan = field(default_factory=lambda: Plan(numbers=(), endpoints=()))
    _asked: set[int] = field(default_factory=set)
    _codings: set[str] = field(default_factory=set)
    """Codings of answers that recorded clients accepted, and that are not offered."""

    def __post_init__(self) -> None:
        """Refuse a recording without times before anything is started."""
        if self.spec.rate == "recorded":
            ats = [exchange.at for exchange in self.recording]
            self._recorded = recorded(ats, self.seed, self.spec.seconds)

    def _make_plan(self) -> None:
        """Look at the whole recording for what to ask.

        Raises:
            InputError: everything is to be left out.

        """
        spec, requests = self.spec, map(self._looked_at, self.recording)
        self._plan = planned(requests, self.seed, spec.exclude, drawn=spec.order == "drawn")
        if not self._plan.numbers:
            raise InputError("[shadow] exclude: leaves out every request of the recording")
        wanted = frozenset(self._plan.numbers)
        self._recorded = [turn for turn in self._recorded if turn.number in wanted]

    def _looked_at(self, exchange: Exchange) -> Request:
        self._codings |= codings_not_offered(exchange.request)
        return exchange.request

    def compare(self, judge: Judge, tell: Tell, *, fixed: bool) -> None:
        """Ask until the judge has settled, or to the end; every ending is told.

        Raises:
            InputError: `[shadow]` leaves out every request.

        """
        ending = Ending.EXHAUSTED
        self._make_plan()
        self._tell_unexercised(tell, fixed=fixed)
        try:
            with processors.kept_on(self._cpus[0] if self._cpus else None):
                self._repeat_starts(tell)
                ending = self._ask_all(judge, tell, fixed=fixed)
        except ToolError as error:
            tell(Broken(reason=str(error)))
            ending = Ending.BROKEN
        except KeyboardInterrupt:
            # What was on its way is not answered for.
            self._counted["asked"] = self._counted["answered"]
            ending = Ending.INTERRUPTED
        self._tell_left_out(tell)
        for what in self._plan.unasked(self._asked):
            tell(Unexercised(what=what))
        tell(Ended(asked=self._counted["asked"], ending=ending))

    def ask_once(self, number: int) -> Played:
        """Ask all arms one request of the recording."""
        with self.ready() as running:
            sockets = [arm.socket for arm in running]
            (trio,) = play(sockets, self._request, serial([number], self.seed), self._limits)
        return self._played(trio, Phase.SERIAL)

    @contextmanager
    def ready(self) -> Iterator[list[RunningArm]]:
        """Start the arms, one after the other in a drawn order, each until it is ready.

        Raises:
            ToolError: one cannot be started, or never becomes ready.

        """
        sequence = order(self.seed, "start", self._starts)
        self._starts += 1
        running: dict[int, RunningArm] = {}
        # Short, as a socket's path must be.
        with scratch() as directory, ExitStack() as stack:
            for arm in sequence:
                self.on_step(f"starting {self.arms[arm].name}")
                running[arm] = stack.enter_context(self.engine.start(self._spec(arm, directory)))
                self._require_ready(running[arm], self.arms[arm].name)
                self._ready_seconds[arm] = time.monotonic() - running[arm].started_seconds
            yield [running[arm] for arm in range(ARMS)]

    def _spec(self, arm: int, directory: Path) -> ArmSpec:
        limits = self.spec.confinement
        own = self.writable if arm == ARMS - 1 else ()
        return ArmSpec(
            name=_NAMES[arm],
            image=self.arms[arm].image,
            relay_image=self.relay,
            port=self.spec.port,
            run=self.run,
            directory=directory,
            memory_bytes=limits.memory * 2**20,
            pids=limits.processes,
            cpus=self._cpus[1:] or None,
            tmpfs=tuple(dict.fromkeys([*limits.writable, *own])),
        )

    def _require_ready(self, arm: RunningArm, name: str) -> None:
        deadline = time.monotonic() + self.spec.ready_within
        while True:
            left = deadline - time.monotonic()
            found = health(arm.socket, self.spec.ready_at, seconds=min(left, _LOOK_SECONDS))
            if found.ready or arm.ended() or left <= _LOOK_SECONDS:
                break
        if not found.ready:
            raise ToolError(
                f"{name} never became ready: {self.spec.ready_at} last said {found.last}; "
                f"it {arm.ended() or 'still ran'}, and printed {arm.words()}"
            )

    def _repeat_starts(self, tell: Tell) -> None:
        """Start all arms afresh, and count what each used for the same requests."""
        for number in range(self.spec.starts):
            self.on_step(f"start {number + 1} of {self.spec.starts}")
            with self.ready() as running:
                turns = serial(self._plan.numbers, self.seed, cap=_OF_A_START)
                sockets = [arm.socket for arm in running]
                for trio in play(sockets, self._request, self._counting(turns), self._limits):
                    self._tell(trio, Phase.START, tell)
                usages = [arm.stats() for arm in running]
            for arm, usage in enumerate(usages):
                tell(
                    Started(
                        arm=arm,
                        ready_seconds=self._ready_seconds[arm],
                        memory_peak_bytes=usage.memory_peak_bytes,
                        cpu_seconds=usage.cpu_seconds,
                    )
                )

    def _ask_all(self, judge: Judge, tell: Tell, *, fixed: bool) -> Ending:
        """Ask of one start, and of further ones as long as the judge must tell luck apart."""
        turns = serial(self._plan.numbers, self.seed, cap=self.spec.requests)
        told = set[str]()
        while True:
            with self.ready() as running:
                shortfalls = dict.fromkeys(chain(*(arm.shortfalls for arm in running)))
                for shortfall in (each for each in shortfalls if each not in told):
                    tell(Unexercised(what=shortfall))
                told.update(shortfalls)
                self._warm_up(running, tell)
                ending = self._ask_in_turn(running, turns, judge, tell, fixed=fixed)
                if ending is not None:
                    self._ask_openly(running, tell)
                    return ending
            self.on_step("starting all arms again, to tell an image from the luck of its start")
            self._counted["restarts"] += 1
            tell(Restarted(starts=self._counted["restarts"]))

    def _warm_up(self, running: Sequence[RunningArm], tell: Tell) -> None:
        self.on_step("warming up")
        turns = serial(self._plan.numbers, self.seed, cap=MOST_WARM_UP)
        sockets = [arm.socket for arm in running]
        counted, see = self._counting(turns), partial(self._tell, phase=Phase.WARM_UP, tell=tell)
        warmth = warm_up(sockets, self._request, counted, self._limits, see)
        for arm, settled in zip(self.arms, warmth.settled, strict=True):
            if not settled:
                what = f"{arm.name} was not warm: its latencies moved for {warmth.asked} requests"
                tell(Unexercised(what=what))

    def _ask_in_turn(
        self,
        running: Sequence[RunningArm],
        turns: Iterator[Turn],
        judge: Judge,
        tell: Tell,
        *,
        fixed: bool,
    ) -> Ending | None:
        """Ask until the end; return None where all arms must be started again before it."""
        sockets = [arm.socket for arm in running]
        trios = play(sockets, self._request, self._counting(turns), self._limits)
        for trio in trios:
            self._tell(trio, Phase.SERIAL, tell)
            self._counted["in turn"] += 1
            if (asked := self._counted["in turn"]) % REPLAY_EVERY == 0:
                self.on_step(f"{asked} requests asked")
                self._ask_again(sockets, judge, tell)
                if not fixed and judge.is_settled:
                    return Ending.SETTLED
                if judge.wants_restart:
                    return None
        for _ in range(_LAST_REPLAYS):
            self._ask_again(sockets, judge, tell)
        return Ending.EXHAUSTED

    def _ask_again(self, sockets: Sequence[Path], judge: Judge, tell: Tell) -> None:
        doubts = judge.to_replay
        turns = serial(doubts, self.seed, purpose="replay", first=self._counted["replayed"])
        self._counted["replayed"] += len(doubts)
        for trio in play(sockets, self._request, self._counting(turns), self._limits):
            self._tell(trio, Phase.REPLAY, tell)

    def _ask_openly(self, running: Sequence[RunningArm], tell: Tell) -> None:
        rate = self.spec.rate
        turns: Iterable[Turn] = self._recorded
        if rate is None:
            return
        if rate == "recorded":
            self.on_step(f"{len(self._recorded)} requests at the recorded rate, each arm")
        else:
            self.on_step(f"{rate:g} requests a second for {self.spec.seconds:g} s, each arm")
            count = max(1, round(rate * self.spec.seconds))
            numbers = islice(cycle(self._plan.numbers), count)
            even = open_loop([0.0] * count, self.seed, rate)
            turns = (replace(turn, number=each) for turn, each in zip(even, numbers, strict=True))
        trios = play_blocks(
            [arm.socket for arm in running],
            self._request,
            blocks(self._counting(turns), self.seed, _BLOCK_SECONDS),
            self._limits,
        )
        for trio in trios:
            self._tell(trio, Phase.OPEN, tell)

    def _counting(self, turns: Iterable[Turn]) -> Generator[Turn]:
        """Count what is asked when it is, so that an answer that is lost is missed."""
        for turn in turns:
            self._counted["asked"] += 1
            yield turn

    def _tell(self, trio: Trio, phase: Phase, tell: Tell) -> None:
        played = self._played(trio, phase)
        with interrupts.held():
            tell(played)
            self._counted["answered"] += 1
            if phase not in BEGINNINGS:
                self._asked.add(played.number)

    def _played(self, trio: Trio, phase: Phase) -> Played:
        number = trio[0].number
        request = self._request(number)
        asked_id = id_of(request, self.spec.protocol)
        a, b, c = (self._timed(answered, asked_id) for answered in trio)
        return Played(
            number=number,
            phase=phase,
            group=self._group_of(request),
            arms=(a, b, c),
        )

    def _group_of(self, request: Request) -> str:
        endpoint = endpoint_of(request) if self.spec.group_by_endpoint else ""
        return " ".join(filter(None, (endpoint, group_of(request, self.spec.grouped_by))))

    def _timed(self, answered: Answered, asked_id: str | None) -> Timed:
        declared = frozenset(self.spec.headers)
        response = answered.response
        if response is not None and len(self._left_out) < _MOST_NAMES:
            self._left_out.update(dict.fromkeys(left_out(response.headers, declared)))
        return Timed(
            **answered.times(),
            reply=Reply(outcome=str(answered.failure), body=b"")
            if response is None
            else reply_to(response, asked_id=asked_id, declared=declared),
        )

    def _request(self, number: int) -> Request:
        return self.recording[number].request

    @property
    def _limits(self) -> Limits:
        return Limits(seconds=self.spec.timeout)

    def _tell_left_out(self, tell: Tell) -> None:
        names = sorted(self._left_out)[:_MOST_NAMES]
        if names:
            said = ", ".join(name[:_LONGEST_NAME] for name in names)
            tell(Unexercised(what=f"headers of answers that are not compared: {said}"))

    def _tell_unexercised(self, tell: Tell, *, fixed: bool) -> None:
        if fixed and (most := len(self._plan.numbers)) < self.spec.requests:
            tell(Unexercised(what=f"more requests than the {most} of the recording"))
        if self._plan.left_out:
            patterns = ", ".join(self.spec.exclude)
            count = plural(self._plan.left_out, "request")
            tell(Unexercised(what=f"{count} that [shadow] exclude leaves out: {patterns}"))
        if self._codings:
            said = ", ".join(name[:_LONGEST_NAME] for name in sorted(self._codings)[:_MOST_NAMES])
            tell(Unexercised(what=f"answers in codings that are not offered: {said}"))
        if not self._cpus:
            tell(Unexercised(what="processors of their own: this machine has one"))
        if not self.spec.starts:
            tell(Unexercised(what="memory, CPU time and start time: [shadow] has no starts"))
        if self.spec.rate is None:
            said = "requests that do not wait for answers: [shadow] has no rate"
            tell(Unexercised(what=said))
        if left := self.spec.rate == "recorded" and len(self._plan.numbers) - len(self._recorded):
            said = f"{left} requests at the recorded rate, which were recorded after "
            tell(Unexercised(what=f"{said}the first {self.spec.seconds:g} s"))
        elif self._recorded and (last := self._recorded[-1].at or 0.0) < self.spec.seconds:
            said = f"{self.spec.seconds:g} s at the recorded rate: the recording has {last:.1f} s"
            tell(Unexercised(what=said))
