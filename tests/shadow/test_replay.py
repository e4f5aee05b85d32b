import gc
import gzip
import itertools
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from harness.record.core.exchange import Request, Response
from harness.record.core.wire import MAX_HEAD, Failure
from harness.shadow import open_loop, replay
from harness.shadow.core.schedule import Block, Turn, serial
from harness.shadow.open_loop import play_blocks
from harness.shadow.replay import Answered, Limits, health, play, warm_up
from tests.arms import (
    Arm,
    Behaviour,
    answer,
    closing,
    closing_under,
    deaf,
    dripping,
    echoing,
    resetting,
    saying,
    serving,
    silent,
    taking_nothing,
)

POST = Request(method="POST", target="/", headers=(), body=b"{}")
GET = Request(method="GET", target="/", headers=(), body=b"")
BRIEF = Limits(seconds=0.2, size=1_000_000)
PATIENT = Limits(seconds=20.0)
A_B_C = (0, 1, 2)

Play = Callable[[list[Path], Request, int, Limits], list[tuple[Answered, Answered, Answered]]]


def one_by_one(
    arms: list[Path], request: Request, times: int, limits: Limits
) -> list[tuple[Answered, Answered, Answered]]:
    return list(play(arms, lambda _: request, serial(range(times), 1), limits))


def in_blocks(
    arms: list[Path], request: Request, times: int, limits: Limits
) -> list[tuple[Answered, Answered, Answered]]:
    """Play one request a block, so that the next connection is that of the one before."""
    blocks = [Block(order=A_B_C, sends=((number, 0.0),)) for number in range(times)]
    return list(play_blocks(arms, lambda _: request, blocks, limits))


both_ways = pytest.mark.parametrize("played", [one_by_one, in_blocks])


def paths(arms: list[Arm]) -> list[Path]:
    """Return where three arms listen; one arm stands for all three."""
    return [arm.path for arm in arms] * (3 // len(arms))


def bodies(answers: Iterable[Answered]) -> list[bytes]:
    return [each.response.body for each in answers if each.response]


# What both ways of playing have in common.


@both_ways
def test_an_answer_belongs_to_the_arm_that_gave_it(played: Play) -> None:
    with serving(*(saying(answer(name)) for name in (b"A", b"B", b"C"))) as arms:
        trios = played(paths(arms), GET, 20, PATIENT)
    assert [bodies(trio) for trio in trios] == [[b"A", b"B", b"C"]] * 20
    assert [trio[0].number for trio in trios] == list(range(20))


@both_ways
def test_a_connection_is_kept(played: Play) -> None:
    with serving(*[saying(answer())] * 3) as arms:
        played(paths(arms), GET, 10, PATIENT)
        assert [(arm.connections, len(arm.requests)) for arm in arms] == [(1, 10)] * 3


@both_ways
def test_a_request_arrives_as_it_was_recorded(played: Play) -> None:
    body = bytes(range(250)) * 12_000
    headers = (("Host", "scores"), ("X-Text", "\xe9"), ("Content-Type", "application/octet-stream"))
    request = Request(method="POST", target="/v2?x=%00", headers=headers, body=body)
    head = (
        "POST /v2?x=%00 HTTP/1.1\r\nHost: scores\r\nX-Text: \xe9\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 3000000"
    )
    with serving(echoing) as arms:
        trios = played(paths(arms), request, 1, PATIENT)
        assert arms[0].requests == [(head, body)] * 3
    assert bodies(trios[0]) == [body] * 3


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"


@both_ways
@pytest.mark.parametrize(
    "behaviour",
    [
        saying(CHUNKED),
        saying(b"HTTP/1.1 100 Continue\r\n\r\n" + answer()),
        saying(answer(gzip.compress(b"ok"), "Content-Encoding: gzip")),
        saying(answer() + b"surplus"),
        closing(answer(b"ok", "Connection: close")),
        closing(b"HTTP/1.1 200 OK\r\n\r\n", b"o", b"k"),
        closing(*(answer()[start : start + 9] for start in range(0, 60, 9))),
    ],
    ids=["chunked", "100", "gzip", "surplus", "close", "no length", "slow"],
)
def test_an_answer_may_be_framed_in_many_ways(played: Play, behaviour: Behaviour) -> None:
    with serving(*[behaviour] * 3) as arms:
        trios = played(paths(arms), GET, 3, PATIENT)
        assert [len(arm.requests) for arm in arms] == [3, 3, 3]
    assert [bodies(trio) for trio in trios] == [[b"ok"] * 3] * 3


@both_ways
def test_an_answer_to_head_ends_with_its_head(played: Play) -> None:
    head = Request(method="HEAD", target="/", headers=(), body=b"")
    with serving(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as arms:
        (trio,) = played(paths(arms), head, 1, PATIENT)
    assert bodies(trio) == [b""] * 3


@both_ways
@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (silent, Failure.TIMED_OUT),
        (dripping, Failure.TIMED_OUT),
        (resetting, Failure.RESET),
        (closing(), Failure.CLOSED),
        (closing(answer()[:-1]), Failure.TRUNCATED),
        (closing(answer()[:5]), Failure.TRUNCATED),
        (saying(b"garbage"), Failure.MALFORMED),
        (saying(answer(b"no gzip", "Content-Encoding: gzip")), Failure.MALFORMED),
        (saying(answer(b"", "A: " + "a" * 2 * MAX_HEAD)), Failure.TOO_LARGE),
        (saying(answer(bytes(1_000_001))), Failure.TOO_LARGE),
        (
            saying(answer(gzip.compress(bytes(1_000_001)), "Content-Encoding: gzip")),
            Failure.TOO_LARGE,
        ),
    ],
)
def test_a_failure_has_a_name_and_is_not_tried_again(
    played: Play, behaviour: Behaviour, failure: Failure
) -> None:
    with serving(saying(answer()), saying(answer()), behaviour) as arms:
        trios = played(paths(arms), GET, 3, BRIEF)
        assert len(arms[2].requests) + arms[2].resets == 3
    assert [[each.failure for each in trio] for trio in trios] == [["", "", failure]] * 3
    assert all(trio[2].response is None for trio in trios)


@both_ways
def test_a_request_whose_kept_connection_is_closed_under_it_goes_out_once_more(
    played: Play,
) -> None:
    with serving(*[closing_under] * 3) as arms:
        trios = played(paths(arms), GET, 4, PATIENT)
        assert [(arm.connections, len(arm.requests)) for arm in arms] == [(4, 7)] * 3
    assert [bodies(trio) for trio in trios] == [[b"ok"] * 3] * 4
    assert [[each.again for each in trio] for trio in trios] == [[False] * 3] + [[True] * 3] * 3


@both_ways
def test_a_request_that_may_have_been_acted_upon_fails_instead(played: Play) -> None:
    with serving(*[closing_under] * 3) as arms:
        trios = played(paths(arms), POST, 2, PATIENT)
    assert [trio[2].failure for trio in trios] == ["", Failure.CLOSED]
    assert not any(each.again for trio in trios for each in trio)


@both_ways
def test_a_request_of_which_nothing_was_taken_goes_out_whatever_its_method(played: Play) -> None:
    with serving(*[taking_nothing] * 3) as arms:
        trios = played(paths(arms), POST, 2, PATIENT)
    assert {each.failure for trio in trios for each in trio} == {Failure.NONE}
    again = [each for each in trios[1] if each.again]
    assert again
    assert all(each.intended < each.sent for each in again)  # when it was first sent


@both_ways
def test_no_request_goes_out_a_third_time(played: Play) -> None:
    def failing(line: socket.socket, arm: Arm) -> None:
        if arm.connections == 1:
            closing_under(line, arm)
        else:
            arm.received(line)

    with serving(*[failing] * 3) as arms:
        trios = played(paths(arms), GET, 2, PATIENT)
        assert [len(arm.requests) for arm in arms] == [3] * 3
    assert [(each.failure, each.again) for each in trios[1]] == [(Failure.CLOSED, True)] * 3


@both_ways
def test_a_connection_that_was_idle_for_long_is_not_used_again(
    played: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (replay, open_loop):
        monkeypatch.setattr(module, "LONGEST_IDLE", 0.0)
    with serving(*[closing_under] * 3) as arms:
        trios = played(paths(arms), POST, 5, PATIENT)
        assert [arm.connections for arm in arms] == [5] * 3
    assert [bodies(trio) for trio in trios] == [[b"ok"] * 3] * 5


@pytest.mark.parametrize("in_turn", [True, False])
def test_where_a_server_was_seen_to_close_early_connections_are_used_for_less_long(
    in_turn: bool,
) -> None:
    def early(line: socket.socket, arm: Arm) -> None:
        (closing(answer()) if arm.connections == 1 else saying(answer()))(line, arm)

    gaps: list[float] = []

    def request(number: int) -> Request:
        started = time.monotonic()
        while number and not all(arm.closed for arm in arms):
            time.sleep(0.001)
        time.sleep(2 * gaps[1] if number > 1 else 0.02)
        gaps.append(time.monotonic() - started)
        return POST

    turns = serial(range(4), 1)
    blocks = [Block(order=A_B_C, sends=((number, 0.0),)) for number in range(4)]
    with serving(*[early] * 3) as arms:
        where = paths(arms)
        trios = list(
            play(where, request, turns, PATIENT)
            if in_turn
            else play_blocks(where, request, blocks, PATIENT)
        )
        assert [arm.connections for arm in arms] == [4] * 3
    assert [bodies(trio) for trio in trios] == [[b"ok"] * 3] * 4


@both_ways
def test_the_first_byte_of_a_body_has_a_time_of_its_own(played: Play) -> None:
    pieces = (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"ab", b"c", b"d")
    with serving(closing(*pieces), saying(answer()), saying(answer())) as arms:
        (trio,) = played(paths(arms), GET, 1, PATIENT)
    first = trio[0].first
    assert first is not None
    assert trio[0].sent + 0.009 < first < trio[0].finished - 0.009
    assert [each.first for each in trio[1:]] == [None, None]


@both_ways
def test_an_arm_that_is_gone_refuses(played: Play, tmp_path: Path) -> None:
    with serving(saying(answer())) as arms:
        (trio,) = played([arms[0].path, tmp_path / "gone", arms[0].path], GET, 1, BRIEF)
    assert [each.failure for each in trio] == ["", Failure.REFUSED, ""]


@both_ways
def test_a_request_that_nobody_reads_is_timed_out(played: Play) -> None:
    request = Request(method="POST", target="/", headers=(), body=bytes(3_000_000))
    with serving(deaf) as arms:
        (trio,) = played(paths(arms), request, 1, Limits(seconds=0.05))
    assert [each.failure for each in trio] == [Failure.TIMED_OUT] * 3


@both_ways
def test_an_answer_that_comes_before_the_request_has_gone_is_read(played: Play) -> None:
    def refuse(line: socket.socket, _: Arm) -> None:
        line.recv(1000)
        line.sendall(answer(b"less, please", "Connection: close", status="413 Too Large"))

    request = Request(method="POST", target="/", headers=(), body=bytes(3_000_000))
    with serving(refuse) as arms:
        (trio,) = played(paths(arms), request, 1, PATIENT)
    assert [each.response.status for each in trio if each.response] == [413] * 3


@both_ways
def test_whatever_goes_wrong_every_request_is_accounted_for(played: Play) -> None:
    closed = answer(b"ok", "Connection: close")
    kinds = (closing(closed), closing(), resetting, saying(b"?"), closing(answer()[:9]), silent)

    def fickle(line: socket.socket, arm: Arm) -> None:
        kinds[arm.connections % len(kinds)](line, arm)

    with serving(fickle, fickle, fickle) as arms:
        trios = played(paths(arms), GET, 40, Limits(seconds=0.05))
        for arm, server in enumerate(arms):
            assert len(server.requests) + server.resets == 40
            failed = [trio[arm].failure for trio in trios if trio[arm].failure]
            assert len(failed) + len(bodies(trio[arm] for trio in trios)) == 40
            assert len(set(failed)) == 5


@both_ways
def test_times_follow_each_other_on_one_clock(played: Play) -> None:
    started = time.monotonic()
    with serving(saying(answer())) as arms:
        trios = played(paths(arms), GET, 10, PATIENT)
    for each in itertools.chain(*trios):
        assert started <= each.intended <= each.sent <= each.finished <= time.monotonic()
        assert each.seconds == each.finished - each.intended


# One by one.


def test_arms_are_asked_in_the_order_of_each_turn() -> None:
    asked: list[int] = []

    def noting(arm: int) -> Behaviour:
        def behave(line: socket.socket, server: Arm) -> None:
            while server.received(line):
                asked.append(arm)
                line.sendall(answer())

        return behave

    turns = list(serial(range(30), 7))
    with serving(noting(0), noting(1), noting(2)) as arms:
        trios = list(play(paths(arms), lambda _: GET, turns, PATIENT))
    assert asked == [arm for turn in turns for arm in turn.order]
    for turn, trio in zip(turns, trios, strict=True):
        assert sorted(turn.order, key=lambda arm: trio[arm].sent) == list(turn.order)


def test_the_request_of_each_turn_is_asked_for() -> None:
    def request(number: int) -> Request:
        return Request(method="POST", target="/", headers=(), body=str(number).encode())

    turns = [Turn(number=number, order=(2, 0, 1), at=None) for number in (5, 3, 5)]
    with serving(echoing) as arms:
        trios = list(play(paths(arms), request, turns, PATIENT))
    assert [bodies(trio) for trio in trios] == [[b"5"] * 3, [b"3"] * 3, [b"5"] * 3]


def test_a_connection_closed_while_idle_is_no_failure() -> None:
    with serving(closing(answer())) as arms:

        def turns() -> Iterator[Turn]:
            for turn in serial(range(5), 1):
                while arms[0].closed < arms[0].connections:
                    time.sleep(0.001)
                yield turn

        trios = list(play([arms[0].path], lambda _: GET, (), PATIENT))
        assert trios == []
        trios = list(play(paths(arms), lambda _: GET, turns(), PATIENT))
        assert arms[0].connections == 15
    assert {each.failure for trio in trios for each in trio} == {Failure.NONE}


def test_a_slow_answer_does_not_shorten_the_time_for_the_next() -> None:
    def slow(line: socket.socket, arm: Arm) -> None:
        while arm.received(line):
            arm.ending.wait(0.35)
            line.sendall(answer()[:9])
            arm.ending.wait(0.01)
            line.sendall(answer()[9:])

    with serving(slow, saying(answer()), saying(answer())) as arms:
        trios = list(play(paths(arms), lambda _: GET, serial(range(2), 1), Limits(seconds=0.5)))
        assert arms[0].connections == 1
    assert {each.failure for trio in trios for each in trio} == {Failure.NONE}


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_rests_only_while_arms_are_asked(*, collecting: bool) -> None:
    seen: list[bool] = []

    def behave(line: socket.socket, arm: Arm) -> None:
        while arm.received(line):
            seen.append(gc.isenabled())
            line.sendall(answer())

    before = gc.isenabled()
    with serving(behave) as arms:
        try:
            (gc.enable if collecting else gc.disable)()
            for _ in play(paths(arms), lambda _: GET, serial(range(2), 1), PATIENT):
                assert gc.isenabled() is collecting
        finally:
            (gc.enable if before else gc.disable)()
    assert seen == [False] * 6


# Health and warming up.


def test_an_arm_is_ready_once_it_says_so_in_a_row() -> None:
    starting, ready = answer(status="503 Starting"), answer()
    with serving(saying(starting, ready, starting, ready, ready, starting)) as arms:
        found = health(arms[0].path, "/v2/health/ready", seconds=60, pause=0.001)
        assert len(arms[0].requests) == 5
        assert arms[0].requests[0][0].startswith("GET /v2/health/ready HTTP/1.1\r\n")
    assert found.ready
    assert found.last == "200"


def test_an_arm_that_is_never_ready_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with serving(saying(answer(status="500 Broken")), silent) as arms:
        found = [
            health(path, "/ping", seconds=0.1, pause=0.01)
            for path in (arms[0].path, arms[1].path, tmp_path / "gone")
        ]
    assert [each.ready for each in found] == [False] * 3
    assert [each.last for each in found] == ["500", "timed out", "refused"]


def steady(line: socket.socket, arm: Arm) -> None:
    while arm.received(line):
        time.sleep(0.005)
        line.sendall(answer())


def test_arms_are_warm_when_their_latencies_have_settled() -> None:
    with serving(steady, steady, steady) as arms:
        turns = serial(itertools.repeat(0), 1, cap=500)
        warmth = warm_up(paths(arms), lambda _: GET, turns, PATIENT)
        assert [len(arm.requests) for arm in arms] == [warmth.asked] * 3
    assert warmth.settled == (True, True, True)
    assert warmth.failed == (0, 0, 0)
    assert 40 <= warmth.asked < 500


def test_warming_up_ends_at_the_cap_and_counts_failures() -> None:
    with serving(saying(answer()), saying(answer()), closing()) as arms:
        warmth = warm_up(paths(arms), lambda _: GET, serial(itertools.repeat(0), 1, cap=60))
        assert len(arms[2].requests) == 60
    assert warmth.asked == 60
    assert warmth.failed == (0, 0, 60)
    assert warmth.settled[2] is False


def test_an_answer_is_a_value() -> None:
    with serving(saying(answer(b"x", "A: 1"))) as arms:
        ((first, _, _),) = play(paths(arms), lambda _: GET, serial([4], 1), PATIENT)
    headers = (("A", "1"), ("Content-Length", "1"))
    assert first.response == Response(status=200, headers=headers, body=b"x")
