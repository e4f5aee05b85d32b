"""Recorded requests sent when they were meant to be, whatever has not been answered yet.

A block of requests goes to one arm alone, then to the next. Each request is sent at its time: over
an idle connection, or a new one as long as there are fewer than the limit. If there is none it
waits, and is late; how late is seen from `intended` and `sent`, and its latency counts from
`intended`. So a second in which a server stalls counts against every request meant for it. What the
server closes an idle connection under goes out once more, as `replay` says.
"""

import errno
import math
import select
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.record.core.exchange import Request
from harness.record.core.wire import Failure, Reader, encode, may_go_again
from harness.shadow.core.schedule import Block
from harness.shadow.replay import (
    LIMITS,
    LONGEST_IDLE,
    Address,
    Attempt,
    Limits,
    Trio,
    answered,
    unconnected,
    undisturbed,
)

if TYPE_CHECKING:
    from socket import socket

_CHUNK = 64 * 1024
_LEAD = 0.002
"""Seconds before a block's first request, in which the client gets ready."""
_PRESSED = 0.001
"""Seconds after which a request that found no connection is tried again."""


def play_blocks(
    arms: Sequence[Address],
    request: Callable[[int], Request],
    blocks: Iterable[Block],
    limits: Limits = LIMITS,
) -> Generator[Trio]:
    """Play blocks to one arm after the other in each block's order, and yield the answers.

    A block's answers come after its last; the next arm begins when the one before has answered, or
    failed, everything. `request` returns a request by its number. Raises InputError for a request
    that cannot be sent.
    """
    with ExitStack() as stack:
        lines = [stack.enter_context(Lines(arm, limits)) for arm in arms]
        for block in blocks:
            plan = [_planned(at, request(number)) for number, at in block.sends]
            with undisturbed():
                played = {arm: lines[arm].play(plan) for arm in block.order}
            for place, (number, _) in enumerate(block.sends):
                a, b, c = (answered(number, played[arm][place], limits) for arm in range(3))
                yield a, b, c


@dataclass(frozen=True, slots=True)
class Planned:
    """A message, and when to send it: seconds since the block's start."""

    at: float
    message: bytes
    method: str


def _planned(at: float, request: Request) -> Planned:
    return Planned(at, encode(request), request.method)


@dataclass(slots=True)
class _Call:
    """A message on its way: its place in the plan, the rest that is still to be sent."""

    place: int
    planned: Planned
    intended: float
    sent: float
    reader: Reader
    rest: memoryview
    kept: bool
    """Whether its connection had carried another before."""
    again: bool
    delivered: bool = True
    first: float | None = None


class Lines:
    """One arm's connections, each carrying one request at a time."""

    def __init__(self, address: Address, limits: Limits) -> None:
        self._address = address
        self._limits = limits
        self._poll = select.epoll()
        self._sockets: dict[int, socket] = {}
        self._endured = math.inf  # half of the idle time after which the server was seen to close
        self._idle: dict[int, float] = {}  # since when, the longest first; new ones since never
        self._calls: dict[int, _Call] = {}  # the oldest first
        self._done: dict[int, Attempt] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._sockets.values():
            line.close()
        self._poll.close()

    def play(self, plan: Sequence[Planned]) -> list[Attempt]:
        """Send each message at its time, and return what came of each.

        A message that found no connection within the limit's seconds is not sent.
        """
        start = time.monotonic() + _LEAD
        due = deque(enumerate(plan))
        self._done = {}
        pressed = False
        while due or self._calls:
            if pressed:
                self._wait(_PRESSED)
            else:
                self._wait(start + due[0][1].at - time.monotonic() if due else math.inf)
            self._give_up()
            pressed = False
            while due and not pressed and time.monotonic() >= start + due[0][1].at:
                place, planned = due[0]
                if self._start(place, planned, start + planned.at):
                    due.popleft()
                else:
                    pressed = True
        return [self._done[place] for place in range(len(plan))]

    def _wait(self, seconds: float) -> None:
        """Serve the connections until something happens, the oldest call is over, or `seconds`."""
        for call in self._calls.values():
            seconds = min(seconds, call.sent + self._limits.seconds - time.monotonic())
            break
        # Unlike its own time-out, which is in milliseconds, that of select on epoll is exact.
        select.select([self._poll], [], [], max(0.0, seconds))
        for line, event in self._poll.poll(0):
            if line not in self._calls:
                self._lose_idle(line)
                continue
            call = self._calls[line]
            if call.rest and event & select.EPOLLOUT:
                self._send_rest(line, call)
                if not call.rest:
                    self._poll.modify(line, select.EPOLLIN)
            if event & ~select.EPOLLOUT:
                self._receive(line, call)

    def _give_up(self) -> None:
        now = time.monotonic()
        for line, call in list(self._calls.items()):
            if now < call.sent + self._limits.seconds:
                break
            self._finish(line, call, Failure.TIMED_OUT)

    def _start(self, place: int, planned: Planned, intended: float, *, again: bool = False) -> bool:
        """Send a message, or fail it; False if there is no connection for it yet."""
        self._drop_idle(0.0 if again else min(LONGEST_IDLE, self._endured))
        failure = Failure.NONE if self._idle else self._connect()
        sent = time.monotonic()
        reader = Reader(planned.method, self._limits.size)
        if failure is Failure.NOT_SENT and sent < intended + self._limits.seconds:
            return False
        if failure:
            self._done[place] = Attempt(
                intended=intended,
                sent=sent,
                finished=sent,
                again=again,
                reader=reader,
                failure=failure,
            )
            return True
        line, since = self._idle.popitem()
        rest = memoryview(planned.message)
        call = _Call(place, planned, intended, sent, reader, rest, since < math.inf, again)
        self._calls[line] = call
        self._send_rest(line, call)
        if call.rest:
            self._poll.modify(line, select.EPOLLIN | select.EPOLLOUT)
        return True

    def _lose_idle(self, line: int) -> None:
        """Give up a connection that was closed, or spoken on unasked, while it was idle."""
        idle = time.monotonic() - self._idle.get(line, math.inf)
        if idle > 0:
            self._endured = min(self._endured, idle / 2)
        self._hang_up(line)

    def _drop_idle(self, longest: float) -> None:
        """Close connections that were idle for so long that the server may be about to."""
        now = time.monotonic()
        for line in [line for line, since in self._idle.items() if now - since > longest]:
            self._hang_up(line)

    def _connect(self) -> Failure:
        """Open one more idle connection; NOT_SENT says that there cannot be one yet."""
        if len(self._sockets) >= self._limits.connections:
            return Failure.NOT_SENT
        line, where = unconnected(self._address)
        line.setblocking(False)
        refusal = line.connect_ex(where)
        if refusal not in {0, errno.EINPROGRESS}:
            line.close()
            # A unix socket whose queue of connections is full says EAGAIN.
            return Failure.NOT_SENT if refusal == errno.EAGAIN else Failure.REFUSED
        self._sockets[line.fileno()] = line
        self._poll.register(line, select.EPOLLIN)
        self._idle[line.fileno()] = math.inf
        return Failure.NONE

    def _send_rest(self, line: int, call: _Call) -> None:
        try:
            call.rest = call.rest[self._sockets[line].send(call.rest) :]
        except BlockingIOError:
            return
        except OSError:
            call.delivered = len(call.rest) < len(call.planned.message)
            call.rest = call.rest[:0]  # closed early, perhaps with an answer that says why

    def _receive(self, line: int, call: _Call) -> None:
        try:
            data = self._sockets[line].recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._finish(line, call, Failure.RESET)
            return
        failure = call.reader.feed(data) if data else call.reader.end()
        if failure or call.reader.whole:
            self._finish(line, call, failure)
        elif call.first is None and call.reader.has_body:
            call.first = time.monotonic()

    def _finish(self, line: int, call: _Call, failure: Failure) -> None:
        finished = time.monotonic()
        del self._calls[line]
        if failure or call.rest or not call.reader.reusable:
            self._hang_up(line)
        else:
            self._idle[line] = finished
        if not (failure and self._went_again(call, failure)):
            self._done[call.place] = Attempt(
                intended=call.intended,
                sent=call.sent,
                finished=finished,
                first=call.first,
                again=call.again,
                reader=call.reader,
                failure=failure,
            )

    def _went_again(self, call: _Call, failure: Failure) -> bool:
        """Send a message once more if its connection was closed under it, and say so."""
        may = may_go_again(call.planned.method, failure, call.reader, delivered=call.delivered)
        if call.again or not (call.kept and may):
            return False
        return self._start(call.place, call.planned, call.intended, again=True)

    def _hang_up(self, line: int) -> None:
        self._idle.pop(line, None)
        self._poll.unregister(line)
        self._sockets.pop(line).close()
