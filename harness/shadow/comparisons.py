"""Directories of comparisons: what was asked for, the log of what happened, and the reports.

A directory is for its owner alone, as its log holds what production answered.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from harness.diff.core.image_packages import Versions
from harness.errors import InputError, ToolError
from harness.host import foreign
from harness.host.files import explained, is_own, state_directory, write_atomically
from harness.project import workspace
from harness.shadow.core.events import MAX_LINE, Event, decode_event, encode_event
from harness.shadow.core.result import Setup
from harness.shadow.core.setup import (
    MAX_SIZE,
    decode_packages,
    decode_setup,
    encode_packages,
    encode_setup,
)
from harness.store import trees

COMPARISON, EVENTS, PACKAGES = "comparison.json", "events.jsonl.gz", "packages.json"
RESULT, PAGE, JUNIT = "result.json", "report.html", "junit.xml"
_FLUSHED = 64
"""Events after which the log is whole on disk up to there, should the comparison be killed."""


class Log:
    """The log of a comparison that goes on: events as lines, compressed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        with explained(path):
            self._file = gzip.open(path, "xb", compresslevel=1)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with explained(self._path):
            self._file.close()

    def add(self, event: Event) -> None:
        """Append an event.

        Raises:
            ToolError: the disk is full.

        """
        with explained(self._path):
            self._file.write(encode_event(event))
            self._count += 1
            if self._count % _FLUSHED == 0:
                self._file.flush()


def new_directory(parent: Path, now: datetime) -> Path:
    """Make a comparison's directory, named by the time.

    Raises:
        InputError: it would lie among sources that git tracks, or a link is in its way.
        ToolError: it cannot be made.

    """
    from harness.host.git import require_ignored  # noqa: PLC0415 - slow, and only comparisons need it

    directory = parent / now.strftime("%Y%m%dT%H%M%S.%fZ")
    require_ignored(directory)
    workspace.directory(parent)
    with explained(directory):
        directory.mkdir(mode=0o700)
    return directory


@contextmanager
def log(directory: Path, asked: Setup) -> Iterator[Log]:
    """Write down what is asked for, and return the log of what happens.

    Raises:
        ToolError: the disk is full.

    """
    write_atomically(directory / COMPARISON, encode_setup(asked))
    with Log(directory / EVENTS) as opened:
        yield opened


def asked(directory: Path) -> Setup:
    """Read what a comparison asked for.

    Raises:
        InputError: this is not a comparison's directory.
        ToolError: it cannot be read.

    """
    path = directory / COMPARISON
    if not path.is_file():
        raise InputError(f"{directory}: not the directory of a comparison: it has no {COMPARISON}")
    return decode_setup(_bounded(path), str(path))


def judgement(directory: Path) -> str:
    """Return what a comparison's own result says; "" where it has none that can be read.

    Raises:
        ToolError: it cannot be read.

    """
    path = directory / RESULT
    try:
        return str(json.loads(_bounded(path))["judgement"]) if path.is_file() else ""
    except (ValueError, LookupError, TypeError, RecursionError, InputError):
        return ""


def vouch(directory: Path) -> None:
    """Have this user know a comparison as one that was made here, as it stands now.

    Without a state directory it is asked again where it would have been believed.
    """
    with suppress(OSError, ToolError):
        mark = _mark(directory)
        mark.parent.mkdir(mode=0o700, exist_ok=True)
        mark.touch(mode=0o600)


def is_vouched(directory: Path) -> bool:
    """Return whether it was made here: a repository can come with others, that say anything."""
    with suppress(OSError, ToolError):
        mark = _mark(directory)
        return is_own(mark.parent) and is_own(mark)
    return False


def _mark(directory: Path) -> Path:
    parts = [directory / name for name in (COMPARISON, EVENTS, PACKAGES)]
    digests = [trees.file_sha256(part) for part in parts if part.is_file()]
    return (
        state_directory() / "comparisons" / hashlib.sha256("\n".join(digests).encode()).hexdigest()
    )


def keep_packages(directory: Path, images: Mapping[str, Versions]) -> None:
    """Write down which packages the images of a comparison hold, by their ids.

    Raises:
        ToolError: the disk is full.

    """
    write_atomically(directory / PACKAGES, encode_packages(images))


def packages(directory: Path) -> dict[str, Versions]:
    """Read which packages the images of a comparison hold; none where they were not compared.

    Raises:
        InputError: the file is damaged.
        ToolError: it cannot be read.

    """
    path = directory / PACKAGES
    return decode_packages(_bounded(path), str(path)) if path.is_file() else {}


def _bounded(path: Path) -> bytes:
    return foreign.read(path, str(path), most=MAX_SIZE)


def events(directory: Path) -> Iterator[Event]:
    """Yield what happened; a log whose end is missing ends with its last whole event.

    Raises:
        InputError: it is damaged.
        ToolError: it cannot be read.

    """
    path = directory / EVENTS
    if not path.is_file():
        raise InputError(f"{path}: missing; the comparison was killed before it began")
    number = 0
    with explained(path), foreign.opened(path, str(path)) as packed, gzip.open(packed) as file:
        try:
            while (line := file.readline(MAX_LINE)).endswith(b"\n"):
                number += 1
                yield decode_event(line, f"{path}: line {number}")
        except EOFError:
            return
        except (gzip.BadGzipFile, zlib.error) as error:
            raise InputError(f"{path}: damaged after line {number} ({error})") from error
    if len(line) == MAX_LINE:
        raise InputError(f"{path}: line {number + 1} is longer than {MAX_LINE} bytes")
