"""Programs that a test starts: they hear every signal, and none is left running."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

HEARING = ["env", "--default-signal"]
"""What is put before a program that is sent signals: those we were made to ignore, it hears."""


@contextmanager
def started(argv: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """Start a program, with the options of Popen, and kill it at the end if it still runs."""
    with subprocess.Popen([*HEARING, *argv], text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
