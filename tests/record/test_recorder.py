import gzip
import os
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.record import recorder
from harness.record.core.exchange import Request, Response
from harness.record.core.redaction import HIDING
from harness.record.proxy import TOO_LARGE
from harness.record.recorder import AFTER, BEHIND, Recorder
from harness.record.writer_process import Ends
from tests.recorders import recorded

PATIENCE = 20.0
REQUEST = Request(method="POST", target="/", headers=(("A", "1"),), body=b"asked")
RESPONSE = Response(status=200, headers=(), body=b"answered")


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_exchanges_are_written_in_the_order_they_were_told(tmp_path: Path) -> None:
    bodies = [bytes([number]) * number for number in range(200)]
    requests = [replace(REQUEST, body=body) for body in bodies]
    with Recorder(tmp_path / "r") as told:
        for number, request in enumerate(requests):
            told.exchanged(number / 4, request, RESPONSE if number % 2 else None)
    assert (told.count, told.not_recorded, told.failure) == (200, {}, None)
    assert told.unanswered == 100
    exchanges = recorded(tmp_path / "r")
    assert [each.request for each in exchanges] == requests
    assert [each.response for each in exchanges] == [None, RESPONSE] * 100
    assert [each.at for each in exchanges] == [number / 4 for number in range(200)]


def test_answers_are_recorded_as_a_comparison_reads_them(tmp_path: Path) -> None:
    answers = [
        Response(status=200, headers=(("Content-Encoding", coding),), body=body)
        for coding, body in (
            ("gzip", gzip.compress(b"plain")),
            ("gzip", b"no gzip"),
            ("br", b"other"),
            ("gzip", gzip.compress(bytes(2**27))),
        )
    ]
    with Recorder(tmp_path / "r") as told:
        for answer in answers:
            told.exchanged(0, REQUEST, answer)
    assert [each.response for each in recorded(tmp_path / "r")] == [
        replace(answers[0], body=b"plain"),
        *answers[1:3],
    ]
    assert told.not_recorded == {TOO_LARGE: 1}


def test_what_cannot_be_redacted_or_read_again_is_not_recorded(tmp_path: Path) -> None:
    bodies = [b'{"user": "x", "a": 1}', b"no JSON", b'"' + b"\\u0001" * 10 + b'"']
    huge = b"\x01" * 30_000_000
    with Recorder(tmp_path / "r", ("user", "header:user")) as told:
        for body in bodies:
            told.exchanged(0, replace(REQUEST, body=body), None)
    assert (told.not_recorded, told.unseen) == ({HIDING: 1}, ("header:user",))
    assert b'"x"' not in recorded(tmp_path / "r")[0].request.body
    with Recorder(tmp_path / "s") as told:
        told.exchanged(0, replace(REQUEST, body=huge), None)
        told.exchanged(0, REQUEST, None)
    assert (told.count, told.not_recorded) == (1, {TOO_LARGE: 1})


def test_a_recording_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "r").touch()
    with pytest.raises(InputError, match="exists"), Recorder(tmp_path / "r"):
        pass
    with pytest.raises(InputError, match="redact"), Recorder(tmp_path / "s", ("a..b",)):
        pass
    assert not (tmp_path / "s").exists()


def test_what_was_told_is_in_the_file_some_seconds_later(tmp_path: Path) -> None:
    with Recorder(tmp_path / "r") as told:
        told.exchanged(0, REQUEST, RESPONSE)
        eventually(lambda: len(recorded(tmp_path / "r")) == 1)


def test_a_full_disk_ends_the_recording_and_what_is_told_is_counted(tmp_path: Path) -> None:
    noise = [replace(REQUEST, body=os.urandom(100_000)) for _ in range(30)]
    known = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, known[1]))
    with Recorder(tmp_path / "r") as told:
        resource.setrlimit(resource.RLIMIT_FSIZE, known)
        for request in noise:
            told.exchanged(0, request, None)
        eventually(lambda: told.ended)
        told.exchanged(0, REQUEST, None)
    exchanges = recorded(tmp_path / "r")
    assert [each.request.body for each in exchanges] == [
        each.body for each in noise[: len(exchanges)]
    ]
    assert 0 < len(exchanges) < 30
    assert (told.count, told.not_recorded) == (len(exchanges), {AFTER: 31 - len(exchanges)})
    assert "File too large" in str(told.failure)


def test_a_writing_process_that_is_killed_ends_the_recording(tmp_path: Path) -> None:
    with Recorder(tmp_path / "r") as told:
        told.exchanged(0, REQUEST, None)
        eventually(lambda: len(recorded(tmp_path / "r")) == 1)
        assert told.process.pid
        os.kill(told.process.pid, signal.SIGKILL)
        told.exchanged(0, REQUEST, None)
        eventually(lambda: told.ended)
        told.exchanged(0, REQUEST, None)
    assert told.failure == "the process that writes the recording is gone"
    assert (told.count, told.not_recorded) == (1, {AFTER: 2})


def test_a_slow_disk_never_delays_who_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_MAX_WAITING", 2_000_000)
    with Recorder(tmp_path / "r") as told:
        assert told.process.pid
        os.kill(told.process.pid, signal.SIGSTOP)
        for _ in range(6):
            told.exchanged(0, replace(REQUEST, body=bytes(900_000)), RESPONSE)
        os.kill(told.process.pid, signal.SIGCONT)
    assert (told.count, told.not_recorded) == (2, {BEHIND: 4})


@pytest.mark.parametrize("ends", [Ends(requests=3), Ends(size=1)])
def test_a_recording_ends_by_itself(tmp_path: Path, ends: Ends) -> None:
    with Recorder(tmp_path / "r", ends=ends) as told:
        for _ in range(5):
            told.exchanged(0, REQUEST, RESPONSE)
        eventually(lambda: told.ended)
    count = ends.requests or 0
    assert (told.count, told.not_recorded) == (count, {AFTER: 5 - count})
    assert told.failure is None
    assert len(recorded(tmp_path / "r")) == count
