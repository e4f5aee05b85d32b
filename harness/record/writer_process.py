"""The process that writes a recording, so that what it takes to write holds up no traffic.

It is told exchanges over a pipe, in batches, and answers each with how far it is. It ends when the
pipe does, however its other end came to be closed, and leaves the file whole.
"""

import math
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from harness.errors import HarnessError, InputError
from harness.record.bodies import MAX_EXCHANGE
from harness.record.core.exchange import Exchange, Headers, Request, Response
from harness.record.core.redaction import HIDING, decode_fields, redacted, unseen
from harness.record.core.wire import Failure, decoded
from harness.record.proxy import TOO_LARGE
from harness.record.recordings import Writer, create

_FLUSHED = 2.0
_NICE = 10
_LARGE = 64 * 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """When a recording ends by itself: after requests, about so many bytes of file, or seconds.

    Who has it written counts the seconds.
    """

    requests: int | None = None
    size: int | None = None
    seconds: float | None = None


FOREVER = Ends()


@dataclass(slots=True, kw_only=True)
class Written:
    """How far a recording is: exchanges written, and those that were not, by reason.

    `unanswered` is how many of the written have no answer, `unseen` which of the declared fields
    none of them had. `ended` is whether it takes no more, `failure` why if that is what ended it.
    """

    count: int = 0
    unanswered: int = 0
    unseen: tuple[str, ...] = ()
    left_out: Counter[str] = field(default_factory=Counter)
    ended: bool = False
    failure: str | None = None


Told = tuple[float, Request, Response | None]
"""An exchange: seconds since the first one, request, answer."""

_Asked = tuple[str, str, Headers, bytes | None]
_Answered = tuple[int, Headers, bytes | None]
"""Messages as they are told: a large body is None, and comes apart, so that it is not copied."""


def tell(line: Connection, batch: Sequence[Told]) -> None:
    """Tell the process exchanges; raises OSError if it is gone."""
    line.send([_message(told) for told in batch])
    for _, request, response in batch:
        for message in (request, response):
            if message and _inline(message.body) is None:
                line.send_bytes(message.body)


def _inline(body: bytes) -> bytes | None:
    return body if len(body) < _LARGE else None


def _message(told: Told) -> tuple[float, _Asked, _Answered | None]:
    at, request, response = told
    asked = request.method, request.target, request.headers, _inline(request.body)
    if not response:
        return at, asked, None
    return at, asked, (response.status, response.headers, _inline(response.body))


def _heard(line: Connection, at: float, asked: _Asked, answered: _Answered | None) -> Told:
    method, target, headers, body = asked
    body = line.recv_bytes() if body is None else body
    request = Request(method=method, target=target, headers=headers, body=body)
    if not answered:
        return at, request, None
    status, headers, body = answered
    body = line.recv_bytes() if body is None else body
    return at, request, Response(status=status, headers=headers, body=body)


def write(line: Connection, path: Path, fields: tuple[str, ...], ends: Ends) -> None:
    """Be the process: make a recording of what is told, until there is no more.

    The first answer is that it has begun, or the error that it could not; then one comes for each
    batch, and the last when it has ended. Signals that end programs are not for this one.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICE)  # what passes goes first
    with suppress(OSError), ExitStack() as stack:  # gone is who would have listened
        try:
            decode_fields(fields)
            writer = stack.enter_context(create(path, fields))
        except HarnessError as error:
            line.send(error)
            return
        recording = _Recording(path, writer, fields, ends)
        line.send(recording.written)
        try:
            recording.listen(line)
            stack.close()
        except HarnessError as error:
            recording.written.failure = str(error)
            with suppress(HarnessError):
                stack.close()
        recording.written.count, recording.written.ended = writer.requests, True
        line.send(recording.written)


class _Recording:
    """Writes what it hears."""

    def __init__(self, path: Path, writer: Writer, fields: tuple[str, ...], ends: Ends) -> None:
        self.written = Written(unseen=fields)
        self._path, self._writer, self._ends = path, writer, ends
        self._fields = decode_fields(fields)
        self._due = math.inf

    def listen(self, line: Connection) -> None:
        """Write batches until there are no more, or the recording has its size."""
        while batch := self._next(line):
            for told in batch:
                if self._is_full():
                    return
                self._add(*told)
            if self._is_full():
                return
            self._due = min(self._due, time.monotonic() + _FLUSHED)
            line.send(self.written)

    def _next(self, line: Connection) -> list[Told]:
        """Return the next batch, none if there is no more; flush meanwhile what has waited."""
        if time.monotonic() >= self._due or not line.poll(self._wait()):
            self._writer.flush()
            self._due = math.inf
        try:
            return [_heard(line, *message) for message in line.recv()]
        except EOFError:
            return []

    def _wait(self) -> float | None:
        return None if self._due == math.inf else self._due - time.monotonic()

    def _is_full(self) -> bool:
        if self.written.count == self._ends.requests:
            return True
        return self._ends.size is not None and self._path.stat().st_size >= self._ends.size

    def _add(self, at: float, request: Request, response: Response | None) -> None:
        failure = Failure.NONE
        if response:
            plain, failure = decoded(response, MAX_EXCHANGE)
            response = plain or response  # damaged, it stays as it was sent
        told = Exchange(number=self.written.count, at=at, request=request, response=response)
        try:
            exchange = redacted(told, self._fields)
            if failure is Failure.TOO_LARGE:
                self.written.left_out[TOO_LARGE] += 1
            elif exchange is None:
                self.written.left_out[HIDING] += 1
            else:
                self._writer.add(exchange)
                self.written.count += 1
                self.written.unanswered += response is None
                self.written.unseen = unseen(self.written.unseen, told)
        except InputError:  # its line would be larger than can be read
            self.written.left_out[TOO_LARGE] += 1
