"""The process that writes a recording, told over its pipe."""

import gzip
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.record.core.exchange import Request, Response
from harness.record.core.redaction import HIDING
from harness.record.proxy import TOO_LARGE
from harness.record.writer_process import FOREVER, Ends, Written, tell, write
from tests.recorders import recorded

REQUEST = Request(method="POST", target="/", headers=(("A", "1"),), body=b"asked")
JSON = replace(REQUEST, headers=(("Content-Type", "application/json"),))
RESPONSE = Response(status=200, headers=(), body=b"answered")
_PATIENCE = 30


class Writing:
    """A process that writes, and our end of its pipe."""

    def __init__(self, line: Connection, process: Any) -> None:
        self.line, self.process = line, process

    def heard(self) -> Any:
        assert self.line.poll(_PATIENCE), "it says nothing"
        return self.line.recv()

    def told(self, *exchanges: tuple[Request, Response | None]) -> Written:
        tell(self.line, [(float(at), *one) for at, one in enumerate(exchanges)])
        found: Written = self.heard()
        return found

    def ended(self) -> Written:
        """Say that there is no more, and return the last answer."""
        self.line.send([])
        found: Written = self.heard()
        self.process.join(_PATIENCE)
        assert self.process.exitcode == 0
        return found


@contextmanager
def writing(path: Path, fields: Sequence[str] = (), ends: Ends = FOREVER) -> Iterator[Writing]:
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=write, args=(theirs, path, tuple(fields), ends))
    process.start()
    theirs.close()
    try:
        yield Writing(ours, process)
    finally:
        ours.close()
        process.join(_PATIENCE)
        assert not process.is_alive(), "it ends when its pipe does"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traffic.rec"


def test_exchanges_are_written_and_counted_batch_by_batch(path: Path) -> None:
    with writing(path) as process:
        assert process.heard() == Written(), "it has begun"
        assert process.told((REQUEST, RESPONSE), (REQUEST, None)).count == 2
        found = process.told((replace(REQUEST, body=b"x" * 10**6), RESPONSE))
        assert (found.count, found.unanswered, found.ended) == (3, 1, False)
        assert process.ended().ended
    exchanges = recorded(path)
    assert [one.response for one in exchanges] == [RESPONSE, None, RESPONSE]
    assert exchanges[2].request.body == b"x" * 10**6, "a large body comes apart"


def test_a_file_that_is_there_is_not_written_over(path: Path) -> None:
    path.write_text("before")
    with writing(path) as process:
        error = process.heard()
    assert isinstance(error, HarnessError)
    assert "exists; choose another file" in str(error)
    assert path.read_text() == "before"


def test_a_field_that_cannot_be_read_is_the_first_answer(path: Path) -> None:
    with writing(path, fields=["a..b"]) as process:
        assert isinstance(process.heard(), HarnessError)
    assert not path.exists()


@pytest.mark.parametrize("ends", [Ends(requests=2), Ends(size=1)])
def test_a_recording_that_has_its_size_ends_by_itself_and_is_whole(path: Path, ends: Ends) -> None:
    with writing(path, ends=ends) as process:
        process.heard()
        tell(process.line, [(0.0, REQUEST, RESPONSE)] * 5)
        found = process.heard()
        assert found.ended
        assert found.failure is None
        process.process.join(_PATIENCE)
    assert len(recorded(path)) == found.count == (ends.requests or 0)


def test_a_pipe_that_closes_leaves_the_file_whole(path: Path) -> None:
    with writing(path) as process:
        process.heard()
        process.told((REQUEST, RESPONSE))
    assert len(recorded(path)) == 1


def test_signals_that_end_programs_are_not_for_it(path: Path) -> None:
    with writing(path) as process:
        process.heard()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(process.process.pid, number)
        assert process.told((REQUEST, RESPONSE)).count == 1


def test_what_is_declared_secret_is_not_written_and_what_never_came_is_told(path: Path) -> None:
    with writing(path, fields=["account", "never"]) as process:
        assert process.heard().unseen == ("account", "never")
        request = replace(JSON, body=b'{"account": "hunter2", "user": "me"}')
        assert process.told((request, None)).unseen == ("never",)
    (exchange,) = recorded(path)
    assert b"hunter2" not in exchange.request.body
    assert b"me" in exchange.request.body


def test_what_a_secret_may_hide_in_is_left_out_and_counted(path: Path) -> None:
    with writing(path, fields=["account"]) as process:
        process.heard()
        request = replace(JSON, body=b'{"account": "hunt')
        plain = replace(JSON, body=b"{}")
        found = process.told((request, None), (plain, None))
    assert (found.left_out[HIDING], found.count) == (1, 1)
    assert [one.request for one in recorded(path)] == [plain]


def test_a_packed_answer_is_written_plain_and_one_that_is_too_large_is_left_out(
    path: Path,
) -> None:
    packed, bomb = (
        Response(status=200, headers=(("Content-Encoding", "gzip"),), body=gzip.compress(body))
        for body in (b"plain", bytes(2**27))
    )
    with writing(path) as process:
        process.heard()
        found = process.told((REQUEST, packed), (REQUEST, bomb))
    assert (found.count, found.left_out[TOO_LARGE]) == (1, 1)
    (exchange,) = recorded(path)
    assert exchange.response
    assert exchange.response.body == b"plain"


def test_who_is_told_of_nobody_hears_that(path: Path) -> None:
    with writing(path) as process:
        process.heard()
        process.process.kill()
        process.process.join()
        large = replace(REQUEST, body=b"x" * 10**7)
        with pytest.raises(OSError, match=r"(?i)pipe|reset"):
            tell(process.line, [(0.0, large, None)])
