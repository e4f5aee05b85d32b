"""`harness record` in a process of its own, and what it recorded."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import requests

from harness.errors import InputError
from harness.record.core.exchange import Exchange
from harness.record.recordings import read
from tests.children import HEARING

PATIENCE = 30.0
HARNESS = [sys.executable, "-m", "harness"]


class Recorder:
    """`harness record`, which listens at `url` and writes `output`."""

    def __init__(self, process: "subprocess.Popen[str]", output: Path) -> None:
        self.process, self.output = process, output
        assert process.stderr
        said = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said + process.stderr.read()
        self.url = found[0]

    def post(self, body: bytes, target: str = "/", **headers: str) -> bytes:
        """Send a body and return the answer's."""
        url = self.url + target
        return requests.post(url, data=body, headers=headers, timeout=PATIENCE).content

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal to all of it, as a terminal does; return as `ended`."""
        os.killpg(self.process.pid, number)
        return self.ended()

    def ended(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code and what was printed."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


@contextlib.contextmanager
def recording(
    directory: Path, port: int, *options: str, below: Sequence[str] = ()
) -> Iterator[Recorder]:
    """Record what passes to a port of loopback; `below` is a program that runs harness."""
    output = directory / "traffic.rec"
    where = ["--listen", "0", "--upstream", f"http://127.0.0.1:{port}", "--output", str(output)]
    argv = [*HEARING, *below, *HARNESS, "record", *where, *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        argv, stdout=pipe, stderr=pipe, text=True, cwd=directory, start_new_session=True
    ) as process:
        try:
            yield Recorder(process, output)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def recorded(path: Path) -> list[Exchange]:
    """Return the exchanges of a recording, also one that goes on; none if there are none yet."""
    try:
        with read(path) as exchanges:
            return list(exchanges)
    except InputError as error:
        if "empty recording" not in str(error):
            raise
        return []
