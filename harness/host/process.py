"""The only place that starts processes: argv as a list, explicit environment, output kept.

A child is always ended with us: it is sent SIGTERM, then SIGKILL, when we are interrupted or when
its time is up, so that no build goes on behind a prompt that has come back.
"""

import io
import os
import select
import selectors
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.errors import ToolError
from harness.render.address import hidden, redacted
from harness.render.shortened import shortened

_GRACE_SECONDS = 10.0
_LAST_LINES = 20
_CHUNK = 64 * 1024
_MOST = 256 * 2**20
"""Bytes of an output that is kept whole."""
_KEPT = 16 * 2**20
"""Characters of what is only looked back at."""
_LONGEST_LINE = 64 * 1024
_LONGEST_TOLD = 2000
"""Characters of a line that stands in an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A process that ended by itself: its argv, exit status and decoded output."""

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> Completed:
    """Run to the end and return whatever the status is.

    `env` is the whole environment of the child (ours if None); `timeout` is in seconds.

    Raises:
        ToolError: the program is missing, may not be run, exceeded its time, or printed too much.

    """
    given = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    with _started(argv, env=env, cwd=cwd, stdin=given) as process:
        until = None if timeout is None else time.monotonic() + timeout
        outputs = {name: bytearray() for name in ("stdout", "stderr")}
        try:
            _communicate(process, (stdin or "").encode(), outputs, until)
            process.wait(None if until is None else max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            said = _safe(argv, " ".join(argv))
            raise ToolError(f"{argv[0]}: no end after {timeout:g} s: {said}") from None
        except OverflowError:
            raise ToolError(f"{argv[0]}: printed more than {_MOST} bytes") from None
    texts = {name: _text(data) for name, data in outputs.items()}
    return Completed(argv=tuple(argv), status=process.returncode, **texts)


def _communicate(
    process: subprocess.Popen[str],
    given: bytes,
    outputs: Mapping[str, bytearray],
    until: float | None,
) -> None:
    """Write what is given and read both outputs to their ends.

    Raises:
        TimeoutExpired: time is up.
        OverflowError: one of them is too long.

    """
    with selectors.DefaultSelector() as waiting:
        for name in outputs:
            waiting.register(getattr(process, name), selectors.EVENT_READ, outputs[name])
        if process.stdin:
            waiting.register(process.stdin, selectors.EVENT_WRITE)
        while waiting.get_map():
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(process.args, 0)
            for key, _ in waiting.select(left):
                if key.data is None:
                    given = _written(key.fd, given)
                    ended = not given
                else:
                    data = os.read(key.fd, _CHUNK)
                    key.data.extend(data)
                    ended = not data
                    if len(key.data) > _MOST:
                        raise OverflowError
                if ended:
                    waiting.unregister(key.fileobj)
                    if key.data is None and process.stdin:
                        process.stdin.close()


def _written(handle: int, data: bytes) -> bytes:
    """Write some of it, and return the rest; nothing for one that no longer listens."""
    try:
        return data[os.write(handle, data[: select.PIPE_BUF]) :] if data else b""
    except BrokenPipeError:
        return b""


def _text(data: bytes | bytearray) -> str:
    """Return an output as the text streams of `subprocess` read it."""
    return io.TextIOWrapper(io.BytesIO(data), errors="replace").read()


def check(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> str:
    """Run and return stdout.

    Raises:
        ToolError: as `run`, and for any status but 0, with the last lines of stderr.

    """
    completed = run(argv, env=env, cwd=cwd, stdin=stdin, timeout=timeout)
    if completed.status != 0:
        raise failure(completed)
    return completed.stdout


def stream(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Completed:
    """Run, hand each line of stderr to `on_line` as it comes, and return whatever the status is.

    stdout is for a few lines (it waits in the pipe until the end). Of stderr the end is kept; a
    line that is very long comes in pieces.
    """
    lines, kept = deque[str](), 0
    with _started(argv, env=env, cwd=cwd) as process:
        while process.stderr and (line := process.stderr.readline(_LONGEST_LINE)):
            lines.append(line)
            kept += len(line)
            while kept > _KEPT:
                kept -= len(lines.popleft())
            on_line(line.rstrip("\n"))
        stdout = process.stdout.read(_MOST) if process.stdout else ""
        status = process.wait()
    return Completed(argv=tuple(argv), status=status, stdout=stdout, stderr="".join(lines))


def pipe(
    source: Sequence[str],
    sink: Sequence[str],
    *,
    env: Mapping[str, str],
    to_env: Mapping[str, str],
) -> None:
    """Run `source | sink`, each with its environment, without keeping what flows between them.

    Raises:
        ToolError: one of them cannot be started, or fails; what each that failed said last.

    """
    with (
        tempfile.TemporaryFile("w+", errors="replace") as said,
        _started(source, env=env, stderr=said) as first,
        _started(sink, env=to_env, stdin=first.stdout) as second,
    ):
        if first.stdout:
            first.stdout.close()  # the sink alone holds the pipe: if it ends, the source notices
        stdout, stderr = second.communicate()
        status = first.wait()
        said.seek(0)
        ended = (
            Completed(argv=tuple(source), status=status, stdout="", stderr=said.read()),
            Completed(argv=tuple(sink), status=second.returncode, stdout=stdout, stderr=stderr),
        )
    failures = [str(failure(one)) for one in ended if one.status != 0]
    if failures:
        raise ToolError("\n".join(failures))


def replace(argv: Sequence[str], *, env: Mapping[str, str]) -> None:
    """Become the program: for interactive shells, which own the terminal and its signals.

    Raises:
        ToolError: the program is missing or may not be run.

    """
    try:
        os.execvpe(argv[0], list(argv), dict(env))  # noqa: S606 - no shell is wanted
    except OSError as error:
        raise _not_started(argv, error) from error


class Conversation:
    """A child that is asked by lines on its input, and answers by lines on its output.

    What it prints as an error is dropped. It is ended by `end`; the end of its input asks it to end
    by itself.
    """

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            ToolError: the program is missing or may not be run.

        """
        try:
            self._process = subprocess.Popen(
                list(argv),
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise _not_started(argv, error) from error
        self._read = bytearray()

    def send(self, line: bytes) -> None:
        """Send a short line, without its end; a child that is gone does not get it."""
        with suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.write(line + b"\n")

    def receive(self, most: int, seconds: float) -> bytes:
        """Return the next line, of at most about `most` bytes, without its end.

        Raises:
            TimeoutError: none came in time.
            EOFError: the child is gone.
            ValueError: it is longer.

        """
        until = time.monotonic() + seconds
        while (end := self._read.find(b"\n")) < 0:
            if len(self._read) > most:
                raise ValueError(f"a line of more than {most} bytes")
            self._read += self._more(until - time.monotonic())
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line

    def _more(self, seconds: float) -> bytes:
        output = self._process.stdout
        if output is None or not (data := _within(seconds, output)):
            raise EOFError
        return data

    def end(self, patience: float = 0) -> int:
        """End the child, once it did not end by itself within `patience` seconds.

        Returns its exit status, minus the number of the signal that ended it.
        """
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._process.kill()
        return self._process.wait()


def _within(seconds: float, output: IO[bytes]) -> bytes:
    """Return what comes next, nothing at the end; TimeoutError if it does not come in time."""
    if seconds <= 0 or not select.select([output], [], [], seconds)[0]:
        raise TimeoutError
    return os.read(output.fileno(), _CHUNK)


def failure(completed: Completed) -> ToolError:
    """Say which program failed, how, and what it said last (its options are ours, and many)."""
    said = (completed.stderr.strip() or completed.stdout.strip()).splitlines()[-_LAST_LINES:]
    said = _safe(completed.argv, "\n".join(said)).splitlines()
    tail = "".join(f"\n  {shortened(line, _LONGEST_TOLD)}" for line in said)
    verb = " ".join(completed.argv[:2])
    return ToolError(f"`{verb}` ended with status {completed.status}{':' if tail else ''}{tail}")


def _safe(argv: Sequence[str], said: str) -> str:
    """Return what a program said without the credentials that it may have had to say."""
    named = [value for name, value in os.environ.items() if name.upper().endswith("_PROXY")]
    named += [word for word in argv if "://" in word]
    return redacted(said, frozenset().union(*map(hidden, named)))


@contextmanager
def _started(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None,
    cwd: Path | None = None,
    stdin: int | IO[str] | None = subprocess.DEVNULL,
    stderr: int | IO[str] = subprocess.PIPE,
) -> Iterator[subprocess.Popen[str]]:
    try:
        process = subprocess.Popen(
            list(argv),
            env=None if env is None else dict(env),
            cwd=cwd,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise _not_started(argv, error) from error
    with process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    finally:  # also when we are interrupted once more
        process.kill()
        process.wait()


def _not_started(argv: Sequence[str], error: OSError) -> ToolError:
    if isinstance(error, FileNotFoundError):
        return ToolError(f"{argv[0]}: not found on this machine; `harness doctor` says what to do")
    return ToolError(f"{argv[0]}: cannot be started: {error.strerror}")
