"""Two files explained in a process of its own, so that what takes too much ends one reading only.

A process is started when none waits, serves many readings, and ends with us. One that dies, hangs
or answers nonsense is ended: what it told so far is kept, why there is no more stands behind it,
and the next reading has a new one.
"""

import atexit
import io
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from harness.host import far
from harness.host.process import Conversation
from harness.host.remains import marked
from harness.readers.core.messages import (
    LARGEST,
    Answer,
    Ended,
    Explained,
    Request,
    decode,
    encode_request,
    explanation,
)

SECONDS = 60.0
"""How long a reading may take where the caller does not say."""
_START = "import sys; sys.path[:] = sys.argv[1:]; from harness.readers.child import main; main()"
_FRUGAL = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Libraries that would take address space for more than they use."""
_LAST_SECONDS = 1.0
_KEPT = ("LD_LIBRARY_PATH",)


class Readers:
    """Processes that read: as many as threads ask at once, started by `argv`."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv
        self._idle: list[Conversation] = []

    def explained(
        self,
        name: str,
        files: tuple[Path, Path],
        most: int,
        seconds: float = SECONDS,
    ) -> Explained:
        """Return the first `most` changes between two files; `name` is that of both.

        What could not be read within `seconds` or the limits of memory is a change that says so.

        Raises:
            OSError: a file cannot be opened.
            ToolError: no process can be started.

        """
        with ExitStack() as opened:
            first, second = (
                opened.enter_context(far.at(str(file), io.FileIO)).fileno() for file in files
            )
            place = f"/proc/{os.getpid()}/fd"
            request = Request(
                first=f"{place}/{first}", second=f"{place}/{second}", name=name, most=most
            )
            return explanation(self._told(request, seconds))

    def _told(self, request: Request, seconds: float) -> list[Answer]:
        reader = self._waiting() or self._started()
        told, is_well = list[Answer](), False
        try:
            for answer in _asked(reader, request, seconds):
                told.append(answer)
            is_well = True
        except TimeoutError:
            told.append(Ended(why=f"out of time, after {seconds:.0f} s"))
        except EOFError:
            told.append(Ended(why=_death(reader.end(_LAST_SECONDS))))
        except ValueError as error:
            told.append(Ended(why=f"its reader answered nonsense: {error}"))
        finally:
            if is_well:
                self._idle.append(reader)
            else:
                reader.end()
        return told

    def warm(self) -> None:
        """Start a process that will be asked soon, so that it begins while we do other things.

        Raises:
            ToolError: it cannot be started.

        """
        if not self._idle:
            self._idle.append(self._started())

    def close(self) -> None:
        """End the processes that wait."""
        while reader := self._waiting():
            reader.end()

    def _started(self) -> Conversation:
        return Conversation(self._argv, env=_environment())

    def _waiting(self) -> Conversation | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _asked(reader: Conversation, request: Request, seconds: float) -> Iterator[Answer]:
    """Yield the answers up to the end.

    Raises:
        TimeoutError, EOFError, ValueError: there is no end; the reader is gone; that is no answer.

    """
    until = time.monotonic() + seconds
    reader.send(encode_request(request))
    for _ in range(request.most + 2):
        answer = decode(reader.receive(LARGEST, until - time.monotonic()))
        yield answer
        if isinstance(answer, Ended):
            return
    raise ValueError("more than was asked for")


def _death(status: int) -> str:
    if status in {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT}:
        what = {-signal.SIGXCPU: "time", -signal.SIGKILL: "memory", -signal.SIGABRT: "memory"}
        return f"out of {what[status]} ({signal.Signals(-status).name})"
    ended = signal.Signals(-status).name if status < 0 else f"status {status}"
    return f"its reader ended with {ended}"


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return marked({**kept, **_FRUGAL})


READERS = Readers([sys.executable, "-I", "-S", "-c", _START, *sys.path])
"""Those that the whole run shares."""
atexit.register(READERS.close)
