"""Verdicts remembered between runs, in a directory that only this user may write.

Memory is a convenience: where it cannot be read or written, everything is rebuilt.
"""

from contextlib import suppress
from pathlib import Path

from harness.errors import ToolError
from harness.host.files import is_own, state_directory, write_atomically
from harness.verify.core.remembered import Remembered, Subject, decode, encode


def recall(subject: Subject) -> Remembered | None:
    """Return what is remembered of exactly this, or None."""
    try:
        file = _file(subject)
        return decode(file.read_bytes(), subject) if _is_private(file) else None
    except (OSError, ToolError):
        return None


def remember(subject: Subject, remembered: Remembered) -> None:
    """Keep a verdict, where the user's state directory can be written."""
    with suppress(OSError, ToolError):
        file = _file(subject)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, encode(subject, remembered))


def _file(subject: Subject) -> Path:
    return state_directory() / "verdicts" / f"{subject.key}.json"


def _is_private(file: Path) -> bool:
    """Return whether nobody else could have put the file there or changed it."""
    return all(map(is_own, (file, file.parent)))
