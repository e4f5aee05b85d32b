"""Recorded requests played to three arms over their unix sockets, by one client with one clock.

One connection an arm is kept open and carries one request at a time. A connection that failed, or
was idle for a second, is opened anew for the next request. A request goes out a second time only
where the server closed a kept connection under it, and that is told. Whatever is asked for comes
back as an answer or as a failure that says why, so what was intended, sent and answered reconciles.
"""

import gc
import math
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from harness.record.core.exchange import Request, Response
from harness.record.core.wire import Failure, Reader, decoded, encode, may_go_again
from harness.shadow.core.events import Times
from harness.shadow.core.schedule import Turn, settled

Address = Path | tuple[str, int]
"""Where an arm listens: a unix socket; (host, port) for servers of tests and benches."""

LONGEST_IDLE = 1.0
"""Seconds after which a connection is not used again: servers close idle ones after two or more.

Where one was seen to close them earlier, half of that.
"""

_CHUNK = 64 * 1024
_SHORTEST_WAIT = 1e-3
_HEALTH_SECONDS = 5.0
_HEALTH_SIZE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take: seconds, bytes of an answer, connections of an arm at once."""

    seconds: float = 30.0
    size: int = 64 * 1024 * 1024
    connections: int = 64


LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Times):
    """One request of the recording, answered by one arm.

    `response` is None exactly if `failure` says why; what was never sent has the failure NOT_SENT
    and the time at which that was clear.
    """

    number: int
    response: Response | None
    failure: Failure


Trio = tuple[Answered, Answered, Answered]
"""One request's answers of production A, production B and the candidate, in that order."""


def play(
    arms: Sequence[Address],
    request: Callable[[int], Request],
    turns: Iterable[Turn],
    limits: Limits = LIMITS,
) -> Generator[Trio]:
    """Play turns one after the other, the arms of each in its order, and yield the answers.

    `request` returns a request by its number; the times of `turns` are not waited for. Raises
    InputError for a request that cannot be sent.
    """
    with ExitStack() as stack:
        lines = [stack.enter_context(Line(arm, limits)) for arm in arms]
        for turn in turns:
            asked = request(turn.number)
            message, method, number = encode(asked), asked.method, turn.number
            with undisturbed():
                attempts = {arm: lines[arm].ask(message, method) for arm in turn.order}
            a, b, c = (answered(number, attempts[arm], limits) for arm in range(3))
            yield a, b, c


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the collector of cyclic garbage from running while latencies are measured."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Times):
    """What came of one message that was sent: its answer as far as it was read, or a failure."""

    reader: Reader
    failure: Failure


def answered(number: int, attempt: Attempt, limits: Limits) -> Answered:
    """Return what came of a message, its answer decoded."""
    response, failure = None, attempt.failure
    if not failure:
        response, failure = decoded(attempt.reader.response(), limits.size)
    return Answered(number=number, response=response, failure=failure, **attempt.times())


class Line:
    """One arm's connection: opened when it is needed, given up when it is no longer clear."""

    def __init__(self, address: Address, limits: Limits) -> None:
        self._address = address
        self._limits = limits
        self._socket: socket.socket | None = None
        self._poll = select.poll()
        self._shortened = False
        self._idle_since = 0.0
        self._endured = math.inf  # half of the idle time after which the server was seen to close
        self._kept = False
        self._delivered = False
        self._first: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def ask(self, message: bytes, method: str) -> Attempt:
        """Send one message and wait for its answer, a failure, or the limit.

        The connection is opened before `sent` is read: a request's latency holds no connecting. If
        it goes out a second time, its latency holds the first as well.
        """
        first = self._ask(message, method, self._limits.seconds)
        if not (self._kept and self._may_go_again(method, first)):
            return first
        left = self._limits.seconds - (first.finished - first.sent)
        again = self._ask(message, method, max(left, _SHORTEST_WAIT))
        return replace(again, intended=first.intended, again=True)

    def _may_go_again(self, method: str, attempt: Attempt) -> bool:
        return may_go_again(method, attempt.failure, attempt.reader, delivered=self._delivered)

    def _ask(self, message: bytes, method: str, seconds: float) -> Attempt:
        reader = Reader(method, self._limits.size)
        self._first = None
        try:
            line = self._connected()
        except OSError:
            now = time.monotonic()
            return _attempt(now, now, reader, Failure.REFUSED)
        sent = time.monotonic()
        failure = self._exchange(line, message, reader, sent + seconds)
        finished = self._idle_since = time.monotonic()
        if failure or not reader.reusable:
            self._hang_up()
        return _attempt(sent, finished, reader, failure, self._first)

    def _exchange(
        self, line: socket.socket, message: bytes, reader: Reader, deadline: float
    ) -> Failure:
        self._delivered = False
        try:
            rest = len(message) - line.send(message)
            self._delivered = True
            while rest:
                self._shorten(line, deadline)
                rest -= line.send(memoryview(message)[-rest:])
        except (BlockingIOError, TimeoutError):
            return Failure.TIMED_OUT
        except OSError:
            pass  # closed early, perhaps with an answer that says why: read it
        return self._read(line, reader, deadline)

    def _read(self, line: socket.socket, reader: Reader, deadline: float) -> Failure:
        try:
            while data := line.recv(_CHUNK):
                failure = reader.feed(data)
                if failure or reader.whole:
                    return failure
                if self._first is None and reader.has_body:
                    self._first = time.monotonic()
                self._shorten(line, deadline)
        except (BlockingIOError, TimeoutError):
            return Failure.TIMED_OUT
        except OSError:
            return Failure.RESET
        return reader.end()

    def _shorten(self, line: socket.socket, deadline: float) -> None:
        """Have the next call end at the deadline; raises TimeoutError once that has passed."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        _allow(line, left)
        self._shortened = True

    def _connected(self) -> socket.socket:
        """Return the open connection; raises OSError if there is none to be had.

        One that the server closed, or spoke on unasked, since the last answer is opened anew, and
        so is one that the server may be about to close.
        """
        idle = time.monotonic() - self._idle_since
        if self._socket and self._poll.poll(0):
            self._endured = min(self._endured, idle / 2)
            self._hang_up()
        elif idle > min(LONGEST_IDLE, self._endured):
            self._hang_up()
        self._kept = self._socket is not None
        if not self._socket:
            self._socket = _connect(self._address, self._limits.seconds)
            self._poll.register(self._socket, select.POLLIN)
        elif self._shortened:
            _allow(self._socket, self._limits.seconds)
        self._shortened = False
        return self._socket

    def _hang_up(self) -> None:
        if self._socket:
            self._poll.unregister(self._socket)
            self._socket.close()
            self._socket = None


def _attempt(
    sent: float, finished: float, reader: Reader, failure: Failure, first: float | None = None
) -> Attempt:
    """Return an attempt that was intended when it was sent."""
    return Attempt(
        intended=sent, sent=sent, finished=finished, reader=reader, failure=failure, first=first
    )


def unconnected(address: Address) -> tuple[socket.socket, str | tuple[str, int]]:
    """Return a socket of the address's family, and the address as it takes it."""
    if isinstance(address, Path):
        return socket.socket(socket.AF_UNIX), os.fspath(address)
    return socket.socket(socket.AF_INET), address


def _connect(address: Address, seconds: float) -> socket.socket:
    line, where = unconnected(address)
    try:
        _allow(line, seconds)
        line.connect(where)
    except OSError:
        line.close()
        raise
    return line


def _allow(line: socket.socket, seconds: float) -> None:
    """Have the kernel end calls that block for so long (a Python time-out costs a call more)."""
    whole, part = divmod(max(seconds, _SHORTEST_WAIT), 1)
    interval = struct.pack("@ll", int(whole), int(part * 1e6))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, interval)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether an arm became ready, after how many seconds, and what its last check came to."""

    ready: bool
    seconds: float
    last: str


def health(
    arm: Address, target: str, *, times: int = 2, seconds: float = 120.0, pause: float = 0.1
) -> Health:
    """Ask for `target` until it is answered with success `times` in a row, or `seconds` are over.

    A check that takes longer than five seconds has failed. `last` is a status code, or the name of
    a failure.
    """
    message = encode(Request(method="GET", target=target, headers=(), body=b""))
    started, row = time.monotonic(), 0
    while True:
        left = seconds - (time.monotonic() - started)
        limits = Limits(seconds=min(left, _HEALTH_SECONDS), size=_HEALTH_SIZE)
        with Line(arm, limits) as line:
            found = line.ask(message, "GET")
        last = str(found.failure or found.reader.response().status)
        row = row + 1 if last.startswith("2") else 0
        spent = time.monotonic() - started
        if row == times or spent + pause >= seconds:
            return Health(ready=row == times, seconds=spent, last=last)
        time.sleep(pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """How warming up went: requests asked and failed, and whether latencies settled, each arm."""

    asked: int
    failed: tuple[int, int, int]
    settled: tuple[bool, bool, bool]


def warm_up(
    arms: Sequence[Address],
    request: Callable[[int], Request],
    turns: Iterable[Turn],
    limits: Limits = LIMITS,
    see: Callable[[Trio], None] = lambda _: None,
) -> Warmth:
    """Play turns until every arm has settled, or to their end; `see` is shown each.

    The rule is `harness.shadow.core.schedule.settled`; failures count, and have no latency.
    """
    seconds: tuple[list[float], list[float], list[float]] = ([], [], [])
    asked, warm = 0, (False, False, False)
    with closing(play(arms, request, turns, limits)) as trios:
        for trio in trios:
            asked += 1
            see(trio)
            for each, latencies in zip(trio, seconds, strict=True):
                if not each.failure:
                    latencies.append(each.seconds)
            warm = (settled(seconds[0]), settled(seconds[1]), settled(seconds[2]))
            if all(warm):
                break
    a, b, c = (asked - len(latencies) for latencies in seconds)
    return Warmth(asked=asked, failed=(a, b, c), settled=warm)
