"""Children as they are: of sh, which is everywhere, and with everything they can do wrong."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.host import process

_TERMINATED = -signal.SIGTERM
_LONG = "while :; do sleep 0.02; done"
_FLOOD = "while :; do echo xxxxxxxxxxxxxxxx; done"
_LARGE = "head -c 1000000 /dev/zero"
"""More than a pipe holds."""


def _sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def _is_gone(pid: str) -> bool:
    """Tell whether a process is neither running nor waited for (we are its parent)."""
    try:
        os.waitpid(int(pid), os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def _raise(error: BaseException) -> Callable[[str], None]:
    def on_line(_: str) -> None:
        raise error

    return on_line


def test_returns_status_and_both_outputs() -> None:
    completed = process.run(_sh("echo out; echo err >&2; exit 3"))
    assert (completed.status, completed.stdout, completed.stderr) == (3, "out\n", "err\n")
    assert completed.argv == ("/bin/sh", "-c", "echo out; echo err >&2; exit 3")


def test_reads_large_outputs_of_both_kinds() -> None:
    completed = process.run(_sh(f"{_LARGE}; {_LARGE} >&2"))
    assert (len(completed.stdout), len(completed.stderr)) == (10**6, 10**6)


@pytest.mark.parametrize("end", ["", " >&2"])
def test_a_child_that_prints_without_end_is_ended(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_MOST", 1000)
    with pytest.raises(ToolError, match="/bin/sh: printed more than 1000 bytes"):
        process.run(_sh(f"{{ {_FLOOD}; }}{end}"))


def test_a_child_gets_what_it_is_given_however_long_and_may_ignore_it() -> None:
    given = "é" * 10**6
    assert process.check(["/bin/cat"], stdin=given) == given
    assert process.check(["/bin/true"], stdin=given) == ""


def test_of_a_stream_the_end_is_kept_and_long_lines_come_in_pieces() -> None:
    lines: list[str] = []
    script = "head -c 200000 /dev/zero | tr '\\0' x >&2; seq 3000000 >&2"
    completed = process.stream(_sh(script), lines.append)
    assert max(map(len, lines)) < 200_000
    assert lines[-1] == "3000000"
    assert len(completed.stderr) <= 2**24
    assert completed.stderr.endswith("2999999\n3000000\n")


@pytest.mark.parametrize("said", ["docker://me:s3cr/et@host/x", 'invalid port \\":s3cr\\"'])
def test_what_a_program_says_shows_no_password_of_its_arguments(said: str) -> None:
    argv = [*_sh(f'echo "{said}" >&2; exit 1'), "sh", "docker://me:s3cr/et@host/x"]
    with pytest.raises(ToolError) as error:
        process.check(argv)
    assert "s3cr" not in str(error.value)


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert process.check(_sh(r"printf 'a\377b'")) == "a\N{REPLACEMENT CHARACTER}b"


def test_a_child_has_only_the_environment_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "1")
    assert process.check(["/usr/bin/env"], env={"THEIRS": "2"}) == "THEIRS=2\n"
    assert "OURS=1" in process.check(["/usr/bin/env"])


def test_a_child_runs_where_it_is_told(tmp_path: Path) -> None:
    assert process.check(_sh("pwd -P"), cwd=tmp_path) == f"{tmp_path.resolve()}\n"


def test_a_child_reads_what_it_is_given_and_else_nothing() -> None:
    assert process.check(["cat"], stdin="a\nb") == "a\nb"
    assert process.check(["cat"]) == ""


def test_a_child_need_not_read_what_it_is_given() -> None:
    assert process.run(["true"], stdin="x" * 10**6).status == 0


def test_a_failure_says_who_failed_how_and_what_was_said_last() -> None:
    script = "seq 1 30 >&2; exit 7"
    with pytest.raises(ToolError) as caught:
        process.check(_sh(script))
    lines = str(caught.value).splitlines()
    assert lines[0] == "`/bin/sh -c` ended with status 7:"
    assert lines[1:] == [f"  {number}" for number in range(11, 31)]


def test_a_failure_without_a_message_shows_what_was_printed() -> None:
    with pytest.raises(ToolError, match="status 1:\n  only this"):
        process.check(_sh("echo only this; exit 1"))
    with pytest.raises(ToolError, match=r"`false` ended with status 1$"):
        process.check(["false"])


_STARTS: dict[str, Callable[[list[str]], object]] = {
    "run": process.run,
    "check": process.check,
    "stream": lambda argv: process.stream(argv, lambda _: None),
    "pipe-from": lambda argv: process.pipe(argv, ["cat"], env={}, to_env={}),
    "pipe-to": lambda argv: process.pipe(_sh(_LONG), argv, env=dict(os.environ), to_env={}),
    "replace": lambda argv: process.replace(argv, env={}),
}


@pytest.mark.parametrize("start", _STARTS.values(), ids=_STARTS)
def test_a_program_that_is_missing_is_named(start: Callable[[list[str]], object]) -> None:
    with pytest.raises(ToolError, match=r"no-such-program: not found .*harness doctor"):
        start(["no-such-program"])


@pytest.mark.parametrize("start", _STARTS.values(), ids=_STARTS)
def test_a_program_that_may_not_be_run_is_named(
    start: Callable[[list[str]], object], tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.touch(0o644)
    with pytest.raises(ToolError, match="program: cannot be started: Permission denied"):
        start([str(program)])


def test_a_child_whose_time_is_up_is_ended(tmp_path: Path) -> None:
    known = tmp_path / "pid"
    with pytest.raises(ToolError, match=r"/bin/sh: no end after 0\.5 s: /bin/sh -c echo"):
        process.run(_sh(f"echo $$ > {known}; {_LONG}"), timeout=0.5)
    assert _is_gone(known.read_text())


def test_a_child_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.1)
    said: list[str] = []

    def on_line(line: str) -> None:
        said.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.stream(_sh(f"trap '' TERM; echo $$ >&2; {_LONG}"), on_line)
    assert _is_gone(said[0])


def test_a_second_interrupt_kills_the_child_at_once() -> None:
    """The child answers SIGTERM with the user's second Ctrl-C to us, and goes on."""
    said: list[str] = []

    def on_line(line: str) -> None:
        said.append(line)
        raise RuntimeError("first")

    script = f"trap 'kill -INT {os.getpid()}' TERM; echo $$ >&2; {_LONG}"
    with pytest.raises(KeyboardInterrupt):
        process.stream(_sh(script), on_line)
    assert _is_gone(said[0])


def test_hands_on_each_line_as_it_comes(tmp_path: Path) -> None:
    """The child goes on only when its first line has been seen."""
    seen = tmp_path / "seen"
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        seen.touch()

    script = f"echo one >&2; while ! [ -e {seen} ]; do sleep 0.02; done; echo two >&2; echo out"
    completed = process.stream(_sh(f"{script}; exit 4"), on_line)
    assert lines == ["one", "two"]
    assert (completed.status, completed.stdout, completed.stderr) == (4, "out\n", "one\ntwo\n")


def test_a_pipe_carries_more_than_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    process.pipe(_sh(_LARGE), _sh(f"cat > {path}"), env=dict(os.environ), to_env=dict(os.environ))
    assert path.stat().st_size == 10**6


def test_each_side_of_a_pipe_has_its_environment(tmp_path: Path) -> None:
    path = tmp_path / "file"
    script = f'read said; echo "$said $SIDE" > {path}'
    process.pipe(_sh('echo "$SIDE"'), _sh(script), env={"SIDE": "a"}, to_env={"SIDE": "b"})
    assert path.read_text() == "a b\n"


def _pipe_failure(source: str, sink: str) -> list[str]:
    ours = dict(os.environ)
    with pytest.raises(ToolError) as caught:
        process.pipe(_sh(source), _sh(sink), env=ours, to_env=ours)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("source", "sink"),
    [("echo why >&2; exit 5", "cat"), ("echo x", "echo why >&2; exit 5")],
    ids=["source", "sink"],
)
def test_a_pipe_fails_with_what_the_failing_side_said(source: str, sink: str) -> None:
    assert _pipe_failure(source, sink) == ["`/bin/sh -c` ended with status 5:", "  why"]


def test_a_pipe_of_which_both_sides_fail_tells_of_both() -> None:
    first, *_, last = _pipe_failure("exit 5", "cat >/dev/null; echo cut off >&2; exit 6")
    assert first == "`/bin/sh -c` ended with status 5"
    assert last == "  cut off"


def test_a_source_ends_when_its_sink_does() -> None:
    lines = _pipe_failure(_FLOOD, "echo full >&2; exit 1")
    assert "  full" in lines


def test_a_source_may_complain_at_length() -> None:
    assert len(_pipe_failure(f"seq 1 100000 >&2; {_LARGE}; exit 1", "cat")) == 21


def test_a_pipe_whose_sink_cannot_start_leaves_no_source() -> None:
    ours, children = dict(os.environ), Path("/proc/thread-self/children")
    before = children.read_text()
    with pytest.raises(ToolError, match="no-such-program"):
        process.pipe(_sh(_LONG), ["no-such-program"], env=ours, to_env=ours)
    assert children.read_text() == before


def test_becomes_another_program() -> None:
    program = "from harness.host import process; process.replace(['env'], env={'ONLY': '1'})"
    assert process.check([sys.executable, "-c", program]) == "ONLY=1\n"


_ECHO = 'while read -r line; do echo "$line"; echo "$line"; done; exit 3'


def test_a_conversation_is_by_lines() -> None:
    child = process.Conversation(_sh(_ECHO), env={})
    child.send(b"one")
    assert [child.receive(100, 10), child.receive(100, 10)] == [b"one", b"one"]
    child.send(b"two")
    assert child.receive(100, 10) == b"two"
    with pytest.raises(TimeoutError):
        _ = [child.receive(100, 0.1) for _ in range(2)]
    assert child.end(patience=10) == 3


def test_an_end_of_a_conversation_is_told() -> None:
    child = process.Conversation(_sh("kill -9 $$"), env={})
    with pytest.raises(EOFError):
        child.receive(100, 10)
    child.send(b"is there anybody?")
    assert child.end(patience=10) == -signal.SIGKILL


def test_a_child_that_does_not_listen_is_ended() -> None:
    child = process.Conversation(_sh(_LONG), env={})
    assert child.end() == -signal.SIGKILL


def test_a_line_is_bounded() -> None:
    child = process.Conversation(_sh(_LARGE), env={})
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        child.receive(1000, 10)
    child.end()


def test_a_conversation_with_what_cannot_be_started_is_an_error() -> None:
    with pytest.raises(ToolError, match="not found"):
        process.Conversation(["/nowhere/child"], env={})
