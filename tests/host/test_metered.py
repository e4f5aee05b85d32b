"""Answers by the clock; `time.monotonic` is a clock of the test's own."""

import http.client
import socket
import threading
from contextlib import closing, suppress

import pytest

from harness.host.metered import Answer, LimitError, Meter, Patience, chain, limit_of, metered

PATIENCE = Patience(
    silence=5, answer=10, window=20, least=100, begin=60, slowest=10, largest=10_000
)


class Clock:
    """Moves when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("harness.host.metered.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_the_heads_of_all_tries_share_one_time(clock: Clock) -> None:
    meter = Meter(PATIENCE)
    with meter.head():
        assert meter.seconds() == 5
        clock.now += 7
        assert meter.seconds() == 3
    with meter.head():
        clock.now += 2
        assert meter.seconds() == 1
        clock.now += 1
        with pytest.raises(LimitError, match="no answer in 10 s"):
            meter.seconds()


def test_a_head_has_a_size() -> None:
    meter = Meter(PATIENCE)
    with meter.head():
        meter.count(512 * 1024)
        with pytest.raises(LimitError, match="whose head has more than 524288 bytes"):
            meter.count(1)


def test_a_body_brings_so_much_in_each_window(clock: Clock) -> None:
    meter = Meter(PATIENCE)
    with meter.head():
        pass
    meter.count(100)
    clock.now += 20
    assert meter.seconds() == 5
    meter.count(99)
    clock.now += 20
    with pytest.raises(LimitError, match="only 99 bytes in 20 s"):
        meter.seconds()


def test_a_body_has_a_time_in_the_whole_that_grows_with_its_size(clock: Clock) -> None:
    meter = Meter(PATIENCE)
    with meter.head():
        pass
    for _ in range(4):
        meter.count(100)
        clock.now += 20
        meter.seconds()
    meter.count(100)
    clock.now += 20
    meter.seconds()
    clock.now += 9
    assert meter.seconds() == 1
    clock.now += 1
    with pytest.raises(LimitError, match="only 500 bytes in 110 s"):
        meter.seconds()


def test_a_body_is_no_larger_than_it_may_be() -> None:
    meter = Meter(PATIENCE)
    with meter.head():
        pass
    meter.count(10_000)
    with pytest.raises(LimitError, match="more than 10000 bytes"):
        meter.count(1)


def _send(line: socket.socket, said: bytes) -> None:
    with suppress(OSError):
        line.sendall(said)


def _answer(said: bytes, patience: Patience) -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        threading.Thread(target=_send, args=(theirs, said)).start()
        with metered(Meter(patience)):
            answer = Answer(ours)
        with closing(answer):
            answer.begin()
            return answer.read()


def test_an_answer_is_read_by_the_meter_of_who_asked() -> None:
    body = bytes(200_000)
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + body
    assert _answer(said, Patience(largest=200_000)) == body
    with pytest.raises(LimitError, match="more than 100000 bytes"):
        _answer(said, Patience(largest=100_000))
    with pytest.raises((OSError, http.client.HTTPException)):
        _answer(b"HTTP/1.1 200 OK\r\n", Patience(silence=0.05, answer=0.1))


def test_a_limit_is_found_however_deep_it_lies() -> None:
    limit = LimitError("no answer")
    wrapped = OSError("outer", ValueError(limit))
    wrapped.__cause__ = wrapped
    assert limit_of(wrapped) is limit
    assert limit_of(OSError("else")) is None
    assert next(chain(wrapped)) is wrapped
