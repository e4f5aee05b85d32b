import socket
import threading
import time
from pathlib import Path

from harness.record.core.exchange import Request
from harness.record.core.wire import Failure
from harness.shadow.core.schedule import Block, blocks, open_loop
from harness.shadow.open_loop import play_blocks
from harness.shadow.replay import Answered, Limits
from tests.arms import Arm, answer, closing, saying, serving, silent

GET = Request(method="GET", target="/", headers=(), body=b"")
FAST = [number / 200 for number in range(40)]


def played(
    arms: list[Path], plan: list[Block], limits: Limits | None = None
) -> list[tuple[Answered, Answered, Answered]]:
    return list(play_blocks(arms, lambda _: GET, plan, limits or Limits(seconds=20.0)))


def one_block(ats: list[float]) -> list[Block]:
    return [Block(order=(1, 2, 0), sends=tuple(enumerate(ats)))]


class Stalling:
    """A service that stands still once: from its first request after `calm` on, for `seconds`."""

    def __init__(self, *, calm: int, seconds: float) -> None:
        self._calm = calm
        self._seconds = seconds
        self._alone = threading.Lock()
        self.stall = (0.0, 0.0)

    def __call__(self, line: socket.socket, arm: Arm) -> None:
        while arm.received(line):
            with self._alone:
                if len(arm.requests) > self._calm and not self.stall[1]:
                    began = time.monotonic()
                    time.sleep(self._seconds)
                    self.stall = (began, time.monotonic())
            line.sendall(answer())


def test_requests_are_meant_for_the_times_of_the_plan() -> None:
    with serving(saying(answer())) as arms:
        trios = played([arms[0].path] * 3, one_block(FAST))
    for arm in range(3):
        start = trios[0][arm].intended
        for trio, at in zip(trios, FAST, strict=True):
            assert abs(trio[arm].intended - start - at) < 1e-6
            assert trio[arm].intended <= trio[arm].sent <= trio[arm].finished


def test_an_arm_is_alone_during_its_part_of_a_block() -> None:
    plan = list(blocks(open_loop(FAST, 3), 3, 0.05))
    with serving(*[saying(answer())] * 3) as arms:
        trios = played([arm.path for arm in arms], plan)
    assert [trio[0].number for trio in trios] == list(range(40))
    end = 0.0
    for block in plan:
        numbers = {number for number, _ in block.sends}
        for arm in block.order:
            part = [trio[arm] for trio in trios if trio[0].number in numbers]
            assert end <= min(each.sent for each in part)
            end = max(each.finished for each in part)


def test_a_stall_of_a_second_counts_against_every_request_meant_for_it() -> None:
    stalling = Stalling(calm=10, seconds=1.0)
    ats = [number / 100 for number in range(150)]
    with serving(stalling, saying(answer()), saying(answer())) as arms:
        trios = played([arm.path for arm in arms], one_block(ats))
    began, ended = stalling.stall
    struck = [trio[0] for trio in trios if began <= trio[0].intended < ended]
    assert len(struck) >= 99
    assert all(each.seconds >= ended - each.intended for each in struck)
    assert sum(each.seconds > 0.5 for each in struck) >= 49


def test_a_stall_counts_in_full_though_connections_run_out() -> None:
    stalling = Stalling(calm=4, seconds=0.5)
    with serving(stalling) as arms:
        trios = played([arms[0].path] * 3, one_block(FAST), Limits(connections=2))
        assert max(arm.connections for arm in arms) <= 6
    began, ended = stalling.stall
    struck = [each for trio in trios for each in trio if began <= each.intended < ended]
    assert len(struck) >= 30
    assert all(each.seconds >= ended - each.intended for each in struck)
    assert sum(each.sent >= ended for each in struck) >= len(struck) - 2


def test_connections_grow_while_answers_are_outstanding() -> None:
    together = threading.Barrier(10)

    def behave(line: socket.socket, arm: Arm) -> None:
        while arm.received(line):
            together.wait(10)
            line.sendall(answer())

    with serving(behave) as arms:
        trios = played([arms[0].path] * 3, one_block([0.0] * 10))
    assert {each.failure for trio in trios for each in trio} == {Failure.NONE}


def test_what_waits_too_long_for_a_connection_is_not_sent() -> None:
    limits = Limits(seconds=0.1, connections=1)
    with serving(silent) as arms:
        trios = played([arms[0].path] * 3, one_block([0.0] * 10), limits)
        arrived = len(arms[0].requests)
    failures = [each.failure for trio in trios for each in trio]
    assert set(failures) == {Failure.TIMED_OUT, Failure.NOT_SENT}
    assert failures.count(Failure.TIMED_OUT) == arrived
    assert failures.count(Failure.NOT_SENT) == 30 - arrived


def test_a_full_queue_of_connections_is_waited_for_and_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen(0)
        trios = played([tmp_path / "s"] * 3, one_block([0.0] * 5), Limits(seconds=0.1))
    assert {trio[1].failure for trio in trios} == {Failure.TIMED_OUT, Failure.NOT_SENT}


def test_a_connection_closed_between_blocks_is_no_failure() -> None:
    with serving(closing(answer())) as arms:

        def request(_: int) -> Request:
            while arms[0].closed < arms[0].connections:
                time.sleep(0.001)
            return GET

        plan = [Block(order=(0, 1, 2), sends=((number, 0.0),)) for number in range(3)]
        trios = list(play_blocks([arms[0].path] * 3, request, plan))
    assert {each.failure for trio in trios for each in trio} == {Failure.NONE}


def test_without_blocks_nothing_is_asked() -> None:
    with serving(saying(answer())) as arms:
        assert played([arms[0].path] * 3, []) == []
        assert arms[0].connections == 0
