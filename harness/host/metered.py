"""Reading an answer by the clock: every byte of its head, its body and what frames them is counted.

A socket's own time limit is between two bytes, which a server that gives a byte a second never
reaches. Here the whole head has one time and one size, a body has to bring so many bytes in each
window, and in the whole `slowest` bytes a second after a time to begin with.
"""

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_LARGEST_HEAD = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a server is waited for.

    `connect` and `silence` are the seconds allowed for a connection and between two bytes,
    `answer` those for the head of the answer in all tries together. Fewer than `least` bytes in
    `window` seconds count as silence. A body may take `begin` seconds and one more for each
    `slowest` bytes, and has at most `largest`. A request is tried once and then `retries` times
    again, after a pause of `backoff` seconds that doubles.
    """

    connect: float = 15.0
    silence: float = 30.0
    answer: float = 60.0
    window: float = 60.0
    least: int = 60 * 1024
    begin: float = 600.0
    slowest: int = 2 * 1024
    largest: int = 2**40
    retries: int = 4
    backoff: float = 0.5

    def whole(self, size: int) -> float:
        """Return the seconds that a body of so many bytes may take."""
        return self.begin + size / self.slowest


PATIENCE = Patience()


class LimitError(OSError):
    """An answer took too long or too much; says so in words that a message can show."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was made from, as far as that is kept."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
            waiting += [more for more in inner if isinstance(more, BaseException)]


def limit_of(error: BaseException) -> LimitError | None:
    """Return the limit that was reached, where one made an error."""
    return next((one for one in chain(error) if isinstance(one, LimitError)), None)


class Meter:
    """What one request has taken so far, its retries and redirects included."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._waited = 0.0
        self._head_since = self._body_since = self._window_since = 0.0
        self._in_body = False
        self._head = self._body = self._window = 0

    @contextmanager
    def head(self) -> Iterator[None]:
        """Count the time and bytes of a head."""
        self._in_body, self._head, self._head_since = False, 0, time.monotonic()
        try:
            yield
        finally:
            self._waited += time.monotonic() - self._head_since
            self._in_body, self._body, self._window = True, 0, 0
            self._body_since = self._window_since = time.monotonic()

    def seconds(self) -> float:
        """Return how long the next bytes may be waited for.

        Raises:
            LimitError: there is no time left.

        """
        if self._in_body:
            left = self._body_seconds()
        else:
            left = self._patience.answer - self._waited - (time.monotonic() - self._head_since)
            if left <= 0:
                raise LimitError(f"no answer in {self._patience.answer:g} s")
        return min(self._patience.silence, left)

    def _body_seconds(self) -> float:
        now, patience = time.monotonic(), self._patience
        if now - self._window_since >= patience.window:
            if self._window < patience.least:
                raise LimitError(f"only {self._window} bytes in {patience.window:g} s")
            self._window, self._window_since = 0, now
        left = patience.whole(self._body) - (now - self._body_since)
        if left <= 0:
            raise LimitError(f"only {self._body} bytes in {now - self._body_since:.0f} s")
        return left

    def count(self, size: int) -> None:
        """Count bytes that came.

        Raises:
            LimitError: a head is too large.

        """
        if self._in_body:
            self._body += size
            self._window += size
            if self._body > self._patience.largest:
                raise LimitError(f"an answer of more than {self._patience.largest} bytes")
            return
        self._head += size
        if self._head > _LARGEST_HEAD:
            raise LimitError(f"an answer whose head has more than {_LARGEST_HEAD} bytes")


_METER: ContextVar[Meter] = ContextVar("_METER")


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Have the answers that are asked for meanwhile read by this meter, to their ends."""
    token = _METER.set(meter)
    try:
        yield
    finally:
        _METER.reset(token)


class _Bytes(io.RawIOBase):
    """What a socket gives, by a meter."""

    def __init__(self, line: socket.socket, meter: Meter) -> None:
        self._line, self._meter = line, meter
        self._file = line.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Say so."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, or wait for it as long as the meter allows."""
        self._line.settimeout(self._meter.seconds())
        try:
            size = self._file.readinto(buffer)
        except TimeoutError:
            self._meter.seconds()  # says so where it was not silence that ended it
            raise
        self._meter.count(size or 0)
        return size

    def close(self) -> None:
        """Let the socket go."""
        self._file.close()
        super().close()


class _Line:
    """A socket as far as `http.client` reads from it."""

    def __init__(self, line: socket.socket, meter: Meter) -> None:
        self._line, self._meter = line, meter

    def makefile(self, *_: object) -> io.BufferedReader:
        """Return what reads it."""
        return io.BufferedReader(_Bytes(self._line, self._meter))


class Answer(http.client.HTTPResponse):
    """An answer that is read by the meter of who asked, if there is one."""

    def __init__(self, sock: socket.socket, *more: Any, **named: Any) -> None:
        self._meter = _METER.get(None)
        line: Any = _Line(sock, self._meter) if self._meter else sock
        super().__init__(line, *more, **named)

    def begin(self) -> None:
        """Read the head."""
        with self._meter.head() if self._meter else nullcontext():
            super().begin()


class _Connection(HTTPConnection):
    response_class = Answer


class _SecureConnection(HTTPSConnection):
    response_class = Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}
"""The pools of connections whose answers are metered, by scheme."""
