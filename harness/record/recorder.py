"""Exchanges on their way to a recording, which another process writes.

Whatever happens to the recording, whoever tells of exchanges never waits and never fails.
"""

import multiprocessing
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from harness.errors import HarnessError, ToolError
from harness.record.core.exchange import Request, Response
from harness.record.writer_process import FOREVER, Ends, Told, Written, tell, write

_MAX_WAITING = 256 * 2**20
_BATCH = 256 * 1024
_HEADS = 1024
_GATHERS = 0.05

BEHIND = "the disk could not keep up"
AFTER = "after the recording ended, or with its last block"


class Recorder:
    """A recording that goes on: what `harness.record.proxy` tells, in the order it was told.

    Bodies of answers are recorded without gzip and deflate, as `harness.record.core.wire.decoded`
    gives them to a comparison; those of requests as they were sent. Entering it raises InputError
    or ToolError if the recording cannot be made.
    """

    def __init__(self, path: Path, fields: tuple[str, ...] = (), ends: Ends = FOREVER) -> None:
        self._told: SimpleQueue[Told | None] = SimpleQueue()
        self._in, self._out, self._count = 0, 0, 0
        self._left_out: Counter[str] = Counter()
        self._written = Written()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        context = multiprocessing.get_context("spawn")
        self._line, self._theirs = context.Pipe()
        self.process = context.Process(target=write, args=(self._theirs, path, fields, ends))

    def __enter__(self) -> Self:
        self.process.start()
        self._theirs.close()
        self._hear()
        self._thread.submit(self._pass_on)
        return self

    def __exit__(self, *_: object) -> None:
        self._told.put(None)
        self._thread.shutdown()
        self._line.close()
        self.process.join()

    def exchanged(self, at: float, request: Request, response: Response | None) -> None:
        """Have an exchange recorded, unless too much waits for the disk already."""
        told = at, request, response
        if self._written.ended:
            self.left_out(AFTER)
        elif self._in - self._out + _size(told) > _MAX_WAITING:
            self.left_out(BEHIND)
        else:
            self._in += _size(told)
            self._count += 1
            self._told.put(told)

    def left_out(self, reason: str) -> None:
        """Count an exchange that is not recorded."""
        self._left_out[reason] += 1

    @property
    def count(self) -> int:
        """How many exchanges were recorded."""
        return self._written.count

    @property
    def unanswered(self) -> int:
        """How many of the recorded exchanges have no answer."""
        return self._written.unanswered

    @property
    def unseen(self) -> tuple[str, ...]:
        """Which of the fields none of the recorded exchanges had."""
        return self._written.unseen

    @property
    def not_recorded(self) -> Counter[str]:
        """How many exchanges were not recorded, by reason."""
        written = self._written
        found = self._left_out + written.left_out
        if written.ended:
            found[AFTER] += self._count - written.count - written.left_out.total()
        return +found

    @property
    def ended(self) -> bool:
        """Whether it takes no more: it has its size, or failed."""
        return self._written.ended

    @property
    def failure(self) -> str | None:
        """What ended the recording early, if anything did."""
        return self._written.failure

    def _pass_on(self) -> None:
        """Tell the process what comes, until there is no more or the recording has ended."""
        try:
            while not self._written.ended:
                batch = self._batch()
                tell(self._line, batch)
                self._hear()
                self._out += sum(map(_size, batch))
        except (OSError, EOFError, ToolError):
            why = "the process that writes the recording is gone"
            self._written = replace(self._written, ended=True, failure=why)

    def _batch(self) -> list[Told]:
        """Return what waits, at least one exchange; none once there are no more."""
        batch: list[Told] = []
        size = 0
        told = self._told.get()
        if told is not None and self._told.empty():
            time.sleep(_GATHERS)  # to tell one by one would cost the most
        while told is not None:
            batch.append(told)
            size += _size(told)
            if size >= _BATCH or self._told.empty():
                return batch
            told = self._told.get()
        self._told.put(None)  # for the next
        return batch

    def _hear(self) -> None:
        try:
            heard = self._line.recv()
        except (OSError, EOFError) as error:
            raise ToolError("the process that writes the recording is gone") from error
        if isinstance(heard, HarnessError):
            raise heard
        self._written = heard


def _size(told: Told) -> int:
    """Return about how many bytes an exchange takes."""
    _, request, response = told
    return _HEADS + len(request.body) + (len(response.body) if response else 0)
