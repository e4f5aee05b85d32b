"""How three arms are asked, with servers of this process in place of containers."""

import itertools
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self

import pytest

from harness.container.confinement import ArmSpec
from harness.container.core.usage import Usage
from harness.errors import InputError
from harness.host.processors import allowed_cpus
from harness.record.core.exchange import Exchange, Request
from harness.shadow.asking import Asking
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.events import Ended, Ending, Event, Phase, Played, Restarted, Unexercised
from harness.shadow.core.judge import Judge
from harness.shadow.core.schedule import order
from harness.shadow.core.spec import ShadowSpec
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from tests.arms import Arm, Behaviour, answer, closing_under, saying, serving
from tests.shadow.core.simulated import ASKED, spec

_REQUEST = Request(method="POST", target="/score", headers=(), body=b"{}")


@dataclass
class _Running:
    """An arm of an engine that starts servers in place of containers."""

    serving: AbstractContextManager[list[Arm]]
    started_seconds: float = 0.0
    shortfalls: tuple[str, ...] = ()
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        (arm,) = self._stack.enter_context(self.serving)
        self.socket = arm.path
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ended(self) -> str:
        return ""

    def words(self) -> str:
        return "no model"

    def stats(self) -> Usage:
        return Usage(memory_bytes=10**8, memory_peak_bytes=10**8, cpu_seconds=1.0)


@dataclass
class _Servers:
    """An engine whose arms all behave in one way, told which one they are."""

    behaviour: Callable[[str], Behaviour]
    started: list[ArmSpec] = field(default_factory=list)

    def start(self, arm: ArmSpec) -> _Running:
        self.started.append(arm)
        return _Running(serving(self.behaviour(arm.name)))


def _asking(
    behaviour: Callable[[str], Behaviour],
    rules: ShadowSpec,
    seed: int,
    recorded: int = 120,
    distance: float = 0.0,
) -> Asking:
    servers: Any = _Servers(behaviour)
    return Asking(
        engine=servers,
        relay="",
        arms=ASKED.arms,
        spec=rules,
        recording=[
            Exchange(number=number, at=number * distance, request=_REQUEST, response=None)
            for number in range(recorded)
        ],
        seed=seed,
        run="",
    )


def _compared(asking: Asking, *, fixed: bool = False) -> tuple[Judge, list[Event]]:
    judge, happened = Judge(spec=asking.spec), list[Event]()

    def tell(event: Event) -> None:
        happened.append(event)
        judge.observe(event)

    asking.compare(judge, tell, fixed=fixed)
    return judge, happened


def _rules(**changes: Any) -> ShadowSpec:
    return spec(protocols.JSON, rules=Rules(), **changes)


def _answering(body: Callable[[], bytes]) -> Behaviour:
    def behave(line: socket.socket, arm: Arm) -> None:
        while head := arm.received(line):
            line.sendall(answer(body() if head.startswith("POST") else b"ready"))

    return behave


def _first_of_three() -> Callable[[], bytes]:
    """Answer otherwise whoever is asked first, as what fills a cache that all share does."""
    count, lock = itertools.count(), threading.Lock()

    def body() -> bytes:
        with lock:
            return b'{"cached": %s}' % (b"true" if next(count) % 3 else b"false")

    return body


def test_an_answer_that_depends_on_who_is_first_is_no_difference_of_the_candidates() -> None:
    """What is asked again is asked in orders of its own, so that nobody is always the first."""
    seed = next(seed for seed in itertools.count() if order(seed, "turn", 0)[0] == 2)
    body = _first_of_three()
    judge, happened = _compared(_asking(lambda _: _answering(body), _rules(), seed))
    again = [event for event in happened if isinstance(event, Played) and event.phase == "replay"]
    assert len(again) > 20
    assert judge.result(ASKED).judgement is not Judgement.FAIL


@pytest.mark.parametrize(
    ("name", "values"),
    [("Location", ("/login", "/")), ("Retry-After", ("30", "3000")), ("X-Model", ("7", "8"))],
)
def test_a_header_that_only_the_candidate_answers_otherwise_fails(
    name: str, values: tuple[str, str]
) -> None:
    def behaviour(arm: str) -> Behaviour:
        said = (f"{name}: {values[arm == 'c']}", f"X-Request-Id: {arm}")
        ready, found = answer(), answer(b"{}", *said, status="302 Found")
        return saying(ready, ready, found)

    judge, happened = _compared(_asking(behaviour, _rules(headers=("x-model",)), 1))
    result = judge.result(ASKED)
    assert result.judgement is Judgement.FAIL
    (outputs,) = (one for one in result.findings if one.family == "outputs")
    assert f"header:{name.lower()}" in [reason.facts.get("field") for reason in outputs.reasons]
    told = [event.what for event in happened if isinstance(event, Unexercised)]
    assert "headers of answers that are not compared: x-request-id" in told


def test_connections_that_a_service_closes_when_idle_are_no_failures_and_are_counted() -> None:
    get = Request(method="GET", target="/score", headers=(), body=b"")
    asking = _asking(lambda _: closing_under, _rules(requests=20), 1)
    asking.recording = [replace(exchange, request=get) for exchange in asking.recording]
    judge, _ = _compared(asking)
    counts = judge.result(ASKED).counts
    assert counts.succeeded == (counts.asked + counts.replayed,) * 3
    assert min(counts.sent_again) >= 9


def test_failures_after_ready_that_only_the_candidate_has_are_no_pass() -> None:
    """A service may say that it is ready while its model is still on its way."""
    loading = answer(status="503 Service Unavailable")

    def behaviour(arm: str) -> Behaviour:
        first = [loading] * 35 if arm == "c" else []
        return saying(answer(), answer(), *first, answer(b"{}"))

    judge, _ = _compared(_asking(behaviour, _rules(), 1))
    result = judge.result(ASKED)
    (found,) = [each for each in result.findings if each.family == "first answers"]
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "in the candidate, 35 of " in worded(found.reasons)
    assert result.judgement is not Judgement.PASS


def test_a_slow_first_answer_that_comes_back_with_each_start_fails() -> None:
    def behave(line: socket.socket, arm: Arm, *, lazy: bool) -> None:
        while head := arm.received(line):
            if lazy and head.startswith("POST") and len(arm.requests) == 3:
                arm.ending.wait(1.1)
            line.sendall(answer(b"{}"))

    def behaviour(name: str) -> Behaviour:
        return partial(behave, lazy=name == "c")

    asking = _asking(behaviour, _rules(starts=7, requests=5), 1, recorded=5)
    judge, _ = _compared(asking)
    (found,) = [each for each in judge.findings() if each.family == "first answers"]
    assert found.judgement is Judgement.FAIL
    assert "8 of 8 starts went badly for the candidate alone" in worded(found.reasons)


@pytest.mark.parametrize("at", [1, 7])
def test_an_interrupt_while_an_answer_is_judged_loses_nothing(at: int) -> None:
    asking = _asking(lambda _: _answering(lambda: b"{}"), _rules(), 1)
    judge, happened = Judge(spec=asking.spec), list[Event]()

    def tell(event: Event) -> None:
        happened.append(event)
        asked = [isinstance(each, Played) and each.phase is Phase.SERIAL for each in happened]
        if asked[-1] and sum(asked) == at:
            signal.raise_signal(signal.SIGINT)
        judge.observe(event)

    asking.compare(judge, tell, fixed=False)
    warmed_up = sum(
        isinstance(event, Played) and event.phase is Phase.WARM_UP for event in happened
    )
    assert happened[-1] == Ended(asked=warmed_up + at, ending=Ending.INTERRUPTED)
    result = judge.result(ASKED)
    assert (result.judgement, result.counts.asked) == (Judgement.INCONCLUSIVE, at)


def test_a_recording_that_is_too_short_for_what_was_asked_is_told() -> None:
    asking = _asking(lambda _: _answering(lambda: b"{}"), _rules(requests=50), 1, recorded=5)
    _, happened = _compared(asking, fixed=True)
    told = [event.what for event in happened if isinstance(event, Unexercised)]
    assert "more requests than the 5 of the recording" in told
    assert happened[-1] == Ended(asked=10, ending=Ending.EXHAUSTED)
    phases = [event.phase for event in happened if isinstance(event, Played)]
    assert phases == [Phase.WARM_UP] * 5 + [Phase.SERIAL] * 5


@pytest.mark.parametrize(
    ("seconds", "asked", "said"),
    [
        (0.1, [0, 1, 2, 3, 4], "5 requests at the recorded rate, which were recorded after"),
        (2.0, [*range(10)], "2 s at the recorded rate: the recording has 0.2 s"),
    ],
)
def test_the_recorded_rate_is_played_and_what_is_left_is_told(
    seconds: float, asked: list[int], said: str
) -> None:
    rules = _rules(requests=5, rate="recorded", seconds=seconds)
    asking = _asking(lambda _: _answering(lambda: b"{}"), rules, 1, recorded=10, distance=0.02)
    _, happened = _compared(asking)
    played = [each for each in happened if isinstance(each, Played) and each.phase is Phase.OPEN]
    assert [each.number for each in played] == asked
    assert any(each.what.startswith(said) for each in happened if isinstance(each, Unexercised))
    due = [each.arms[0].intended for each in played]
    assert [at - due[0] for at in due] == pytest.approx([number * 0.02 for number in asked])


def _at(asking: Asking, *targets: str) -> Asking:
    asking.recording = [
        Exchange(number=number, at=0.0, request=replace(_REQUEST, target=target), response=None)
        for number, target in enumerate(targets)
    ]
    return asking


def test_what_stands_late_in_a_recording_is_asked_before_a_run_settles() -> None:
    def behave(line: socket.socket, arm: Arm, *, broken: bool) -> None:
        while head := arm.received(line):
            line.sendall(answer(b"1" if broken and head.startswith("POST /late") else b"0"))

    asking = _asking(lambda name: partial(behave, broken=name == "c"), _rules(), 1)
    judge, happened = _compared(_at(asking, *["/often"] * 1195, *["/late"] * 5))
    assert judge.result(ASKED).judgement is Judgement.FAIL
    told = [event.what for event in happened if isinstance(event, Unexercised)]
    assert any(what.endswith("of 1,200 requests of the recording: never asked") for what in told)


def test_endpoints_that_were_never_asked_are_told_and_others_left_out() -> None:
    rules = _rules(requests=2, exclude=("/metrics",), order="recorded", group_by_endpoint=True)
    asking = _at(
        _asking(lambda _: _answering(lambda: b"{}"), rules, 1), "/a", "/metrics", "/b/7", "/c"
    )
    _, happened = _compared(asking)
    told = [event.what for event in happened if isinstance(event, Unexercised)]
    assert "1 request that [shadow] exclude leaves out: /metrics" in told
    assert "1 of 3 requests of the recording: never asked" in told
    assert "endpoints never asked: POST /c" in told
    asked = [each for each in happened if isinstance(each, Played) and each.phase == "serial"]
    assert [(each.number, each.group) for each in asked] == [(0, "POST /a"), (2, "POST /b/{}")]


def test_codings_that_clients_accepted_and_are_not_offered_are_told() -> None:
    asking = _asking(lambda _: _answering(lambda: b"{}"), _rules(requests=2), 1, recorded=2)
    accepting = replace(_REQUEST, headers=(("Accept-Encoding", "gzip, br"),))
    asking.recording = [replace(exchange, request=accepting) for exchange in asking.recording]
    _, happened = _compared(asking)
    told = [event.what for event in happened if isinstance(event, Unexercised)]
    assert "answers in codings that are not offered: br" in told


def test_a_recording_of_which_everything_is_left_out_is_refused() -> None:
    asking = _at(_asking(lambda _: _answering(lambda: b"{}"), _rules(exclude=("*",)), 1), "/a")
    with pytest.raises(InputError, match="leaves out every request"):
        _compared(asking)


def test_an_even_rate_goes_over_what_is_asked_again_and_again() -> None:
    rules = _rules(requests=1, rate=100.0, seconds=0.05, exclude=("/b",), order="recorded")
    asking = _at(_asking(lambda _: _answering(lambda: b"{}"), rules, 1), "/a", "/b", "/c")
    _, happened = _compared(asking)
    open_ = [each.number for each in happened if isinstance(each, Played) and each.phase == "open"]
    assert open_ == [0, 2, 0, 2, 0]


def test_a_recording_without_times_is_refused_before_anything_starts() -> None:
    with pytest.raises(InputError, match="tells no rate"):
        _asking(lambda _: _answering(lambda: b"{}"), _rules(rate="recorded"), 1)


def test_an_arm_that_never_becomes_ready_breaks_the_comparison() -> None:
    def behaviour(name: str) -> Behaviour:
        return saying(answer(status="503 Not yet" if name == "c" else "200 OK"))

    judge, happened = _compared(_asking(behaviour, _rules(ready_within=0.5), 1))
    assert happened[-1] == Ended(asked=0, ending=Ending.BROKEN)
    result = judge.result(ASKED)
    assert result.judgement is Judgement.INVALID
    said = "candidate never became ready: / last said 503; it still ran, and printed no model"
    assert said in [worded(finding.reasons) for finding in result.findings]


class _Restless(Judge):
    """Wants other starts, however its requests go, until there were some."""

    @property
    def wants_restart(self) -> bool:
        return self.trial.outputs.requests <= 200


def test_arms_are_started_again_and_asked_on_where_starts_must_be_told_apart() -> None:
    asking = _asking(lambda _: _answering(lambda: b"{}"), _rules(requests=400), 1, recorded=400)
    judge, happened = _Restless(spec=asking.spec), list[Event]()

    def tell(event: Event) -> None:
        happened.append(event)
        judge.observe(event)

    asking.compare(judge, tell, fixed=True)
    servers: Any = asking.engine
    assert [arm.name for arm in servers.started].count("c") == 3
    assert [each.starts for each in happened if isinstance(each, Restarted)] == [1, 2]
    serial = [each for each in happened if isinstance(each, Played) and each.phase == "serial"]
    assert [each.number for each in serial] == list(asking._plan.numbers)[:400]
    assert judge.result(ASKED).ending is Ending.EXHAUSTED
    told = [each.what for each in happened if isinstance(each, Unexercised)]
    assert len(told) == len(set(told))


def test_the_client_has_a_processor_that_no_arm_uses() -> None:
    asking = _asking(lambda _: _answering(lambda: b"{}"), _rules(), 1, recorded=2)
    servers: Any = asking.engine
    _compared(asking)
    first, *others = allowed_cpus()
    assert {arm.cpus for arm in servers.started} == {tuple(others) or None}
    assert allowed_cpus() == [first, *others]
