"""Downloads in parallel: a queue of files, largest first, threads that empty it, and outcomes.

The threads are daemons: when the process is interrupted it ends at once, and what was on disk by
then is where the next run goes on.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import HarnessError, IntegrityError, ToolError, together
from harness.host.files import explained
from harness.host.http import Session, session
from harness.lock.core.required import Required
from harness.sources.download import download

_SECONDS_BETWEEN_REPORTS = 0.1
_FIRST = -(2**64)
"""Before the largest file in the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a fetch is: bytes on disk of all that were missing, files done of all files."""

    size: int
    all_size: int
    files: int
    all_files: int


OnProgress = Callable[[Progress], None]
Outcome = Path | HarnessError
"""The verified file, or why there is none."""


class _StoppedError(Exception):
    """Nobody waits for the outcome any more."""


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What all threads have got so far; told a few times a second."""

    all_size: int
    all_files: int
    on_progress: OnProgress
    size: int = 0
    files: int = 0
    stopped: bool = False
    _sizes: dict[str, int] = field(default_factory=dict)
    _told: float = 0.0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def set_size(self, path: str, size: int) -> None:
        if self.stopped:
            raise _StoppedError
        with self._guard:
            self.size += size - self._sizes.get(path, 0)
            self._sizes[path] = size
            if time.monotonic() - self._told >= _SECONDS_BETWEEN_REPORTS:
                self._tell()

    def add_files(self, count: int) -> None:
        with self._guard:
            self.files += count
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self.on_progress(
            Progress(
                size=self.size,
                all_size=self.all_size,
                files=self.files,
                all_files=self.all_files,
            )
        )


class Downloads:
    """The downloads of one fetch into `directory`; each file gets a directory of its own there."""

    def __init__(self, directory: Path, tally: _Tally) -> None:
        self._directory = directory
        self._tally = tally
        self._waiting: queue.PriorityQueue[tuple[int, str, Required | None, Sequence[str]]] = (
            queue.PriorityQueue()
        )
        self._outcomes: queue.SimpleQueue[tuple[Required, Path | Exception]] = queue.SimpleQueue()
        self._pending = 0

    def add(self, need: Required, urls: Sequence[str]) -> None:
        """Begin with a file as soon as a thread is free."""
        self._pending += 1
        self._waiting.put((-need.input.size, need.path, need, urls))

    def batches(self) -> Iterator[Mapping[Required, Outcome]]:
        """Yield what has ended since the last time, until everything has."""
        while self._pending:
            batch = [self._outcomes.get()]
            while not self._outcomes.empty():
                batch.append(self._outcomes.get())
            self._pending -= len(batch)
            yield {need: _expected(outcome) for need, outcome in batch}
            self._tally.add_files(len(batch))

    def work(self) -> None:
        """Download until stopped: the life of a thread."""
        with session() as connections:
            while True:
                _, _, need, urls = self._waiting.get()
                if need is None:
                    return
                try:
                    self._outcomes.put((need, self._download(connections, need, urls)))
                except _StoppedError:
                    return
                except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                    self._outcomes.put((need, error))

    def stop(self, threads: int) -> None:
        """Let the threads end: at once where one waits, else with its next bytes."""
        self._tally.stopped = True
        for _ in range(threads):
            self._waiting.put((_FIRST, "", None, ()))

    def _download(self, connections: Session, need: Required, urls: Sequence[str]) -> Path:
        """Try one address after the other."""
        destination = place(self._directory, need) / need.input.store_name
        with explained(destination):
            destination.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        problems: list[HarnessError] = []
        for url in urls:
            try:
                download(
                    connections,
                    url,
                    need.input,
                    destination,
                    lambda size: self._tally.set_size(need.path, size),
                )
            except (ToolError, IntegrityError) as error:
                problems.append(error)
            else:
                return destination
        raise together(problems)


@contextmanager
def downloading(
    directory: Path, needs: Iterable[Required], jobs: int, on_progress: OnProgress
) -> Iterator[Downloads]:
    """Run `jobs` threads for the downloads of `needs`; they stop with the block."""
    sizes = [need.input.size for need in needs]
    tally = _Tally(all_size=sum(sizes), all_files=len(sizes), on_progress=on_progress)
    downloads = Downloads(directory, tally)
    threads = min(jobs, len(sizes))
    for _ in range(threads):
        threading.Thread(target=downloads.work, daemon=True).start()
    try:
        yield downloads
    finally:
        downloads.stop(threads)


def place(directory: Path, need: Required) -> Path:
    """Return the directory that a download has to itself."""
    return directory / Path(need.path).name


def _expected(outcome: Path | Exception) -> Outcome:
    if isinstance(outcome, Path | HarnessError):
        return outcome
    raise outcome
