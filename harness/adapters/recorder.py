"""Exchanges written to a recording by a thread, so that neither disk nor compression delays them.

Whatever happens to the recording, whoever tells of exchanges never waits and never fails.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol, Self

from harness.adapters.proxy import MAX_EXCHANGE, TOO_LARGE
from harness.core.recording import Exchange, Request, Response
from harness.core.wire import decoded
from harness.errors import HarnessError, InputError

_MAX_WAITING = 256 * 2**20
_MAX_DECODED = MAX_EXCHANGE

BEHIND = "the disk could not keep up"
AFTER = "after the recording ended"
HIDING = "bodies that cannot be searched for what is to be redacted"


class Writer(Protocol):
    """A recording that is written, as `harness.adapters.recordings.create` gives it."""

    def add(self, exchange: Exchange) -> None:
        """Append an exchange; raises InputError if it is too large, ToolError on a full disk."""

    def flush(self) -> None:
        """Have what was added on disk; raises ToolError if the disk is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """When a recording ends by itself: after requests, about so many bytes of file, or seconds.

    Who has the recorder counts the seconds.
    """

    requests: int | None = None
    size: int | None = None
    seconds: float | None = None


FOREVER = Ends()
Redact = Callable[[Exchange], Exchange | None]


class Recorder:
    """A recording that goes on: what `harness.adapters.proxy` tells, in the order it was told.

    `on_end` is called once, by the thread, when it ends: by itself or by a failure too. `count` is
    how many exchanges were recorded. Bodies of answers are recorded without gzip and deflate, as
    `harness.core.wire.decoded` gives them to a comparison; those of requests as they were sent.
    """

    def __init__(
        self,
        path: Path,
        writer: Writer,
        redact: Redact,
        ends: Ends,
        on_end: Callable[[], object],
    ) -> None:
        self._path, self._writer, self._redact, self._ends = path, writer, redact, ends
        self._on_end = on_end
        self._told: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._in, self._out = 0, 0
        self._unwritten: Counter[str] = Counter()  # the thread's own
        self._accepted, self.count = 0, 0
        self._left_out: Counter[str] = Counter()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")

    def __enter__(self) -> Self:
        self._writing = self._thread.submit(self._write)
        self._writing.add_done_callback(lambda _: self._on_end())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._told.put(None)
        self._thread.shutdown()

    @property
    def failure(self) -> str | None:
        """What ended the recording early, if anything did; of a defect, not what it says."""
        error = self._writing.exception() if self._writing.done() else None
        if error and not isinstance(error, HarnessError):
            return f"a defect in harness: {type(error).__name__}"
        return str(error) if error else None

    def exchanged(self, at: float, request: Request, response: Response | None) -> None:
        """Have an exchange recorded, unless too much waits for the disk already."""
        size = len(request.body) + (len(response.body) if response else 0)
        if self._writing.done():
            self.left_out(AFTER)
        elif self._in - self._out + size > _MAX_WAITING:
            self.left_out(BEHIND)
        else:
            self._in += size
            self._accepted += 1
            self._told.put(partial(self._add, at, request, response, size))

    def left_out(self, reason: str) -> None:
        """Count an exchange that is not recorded."""
        self._left_out[reason] += 1

    @property
    def not_recorded(self) -> Counter[str]:
        """How many exchanges were not recorded, by reason."""
        found = self._left_out + self._unwritten
        if self._writing.done():
            found[AFTER] += self._accepted - self.count - self._unwritten.total()
        return +found

    def flush(self) -> None:
        """Have what was told so far on disk; to be called at a period."""
        self._told.put(self._writer.flush)

    def _write(self) -> None:
        """Do what is told until there is no more of it, or the recording has its size."""
        for do in iter(self._told.get, None):
            do()
            if self.count == self._ends.requests or self._is_large():
                return

    def _is_large(self) -> bool:
        return self._ends.size is not None and self._path.stat().st_size >= self._ends.size

    def _add(self, at: float, request: Request, response: Response | None, size: int) -> None:
        self._out += size
        if response:
            response = decoded(response, _MAX_DECODED)[0] or response
        told = Exchange(number=self.count, at=at, request=request, response=response)
        exchange = self._redact(told)
        if not exchange:
            self._unwritten[HIDING] += 1
            return
        try:
            self._writer.add(exchange)
        except InputError:
            self._unwritten[TOO_LARGE] += 1
        else:
            self.count += 1
