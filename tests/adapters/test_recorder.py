import gzip
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from harness.adapters import recorder
from harness.adapters.proxy import TOO_LARGE
from harness.adapters.recorder import AFTER, BEHIND, FOREVER, HIDING, Ends, Recorder
from harness.core.recording import Exchange, Request, Response
from harness.errors import InputError, ToolError

PATIENCE = 10.0
REQUEST = Request(method="POST", target="/", headers=(("A", "1"),), body=b"asked")
RESPONSE = Response(status=200, headers=(), body=b"answered")


class Disk:
    """A recording's writer: a file with a line an exchange, up to a size, and as fast as is let."""

    def __init__(self, path: Path, size: int = 2**30) -> None:
        self.written: list[Exchange] = []
        self.flushed = 0
        self.moving = threading.Event()
        self.moving.set()
        self._path, self._size = path, size

    def add(self, exchange: Exchange) -> None:
        assert self.moving.wait(PATIENCE)
        if exchange.request.body == b"huge":
            raise InputError("an exchange of more bytes than can be read")
        if self._path.stat().st_size >= self._size:
            raise ToolError("No space left on device: make room and run again")
        with self._path.open("ab") as file:
            file.write(exchange.request.body + b"\n")
        self.written.append(exchange)

    def flush(self) -> None:
        self.flushed = len(self.written)


class Recorded:
    """A recorder, its disk, and whether its end was told."""

    def __init__(self, directory: Path, ends: Ends = FOREVER, size: int = 2**30) -> None:
        path = directory / "recording"
        path.touch()
        self.disk = Disk(path, size)
        self.ended = threading.Event()
        self.recorder = Recorder(path, self.disk, secretly, ends, self.ended.set)


def secretly(exchange: Exchange) -> Exchange | None:
    if exchange.request.body == b"hiding":
        return None
    return replace(exchange, request=replace(exchange.request, headers=()))


def test_exchanges_are_written_in_the_order_they_were_told_and_redacted(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    with recorded.recorder as told:
        for number in range(100):
            told.exchanged(number / 4, replace(REQUEST, body=b"%d" % number), None)
    assert [(each.number, each.at, each.request) for each in recorded.disk.written] == [
        (number, number / 4, Request(method="POST", target="/", headers=(), body=b"%d" % number))
        for number in range(100)
    ]
    assert (told.count, told.not_recorded, told.failure) == (100, {}, None)
    assert recorded.ended.is_set()


@pytest.mark.parametrize(
    ("coding", "body", "recorded_as"),
    [
        ("gzip", gzip.compress(b"plain"), b"plain"),
        ("gzip", b"no gzip", b"no gzip"),
        ("br", b"other", b"other"),
    ],
)
def test_answers_are_recorded_as_a_comparison_reads_them(
    tmp_path: Path, coding: str, body: bytes, recorded_as: bytes
) -> None:
    recorded = Recorded(tmp_path)
    headers = (("Content-Encoding", coding),)
    with recorded.recorder as told:
        told.exchanged(0, REQUEST, Response(status=200, headers=headers, body=body))
    assert recorded.disk.written[0].response == Response(
        status=200, headers=headers, body=recorded_as
    )


def test_what_was_told_is_flushed_when_that_is_asked(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    with recorded.recorder as told:
        told.exchanged(0, REQUEST, RESPONSE)
        told.flush()
        told.exchanged(1, REQUEST, RESPONSE)
    assert (recorded.disk.flushed, told.count) == (1, 2)


def test_a_full_disk_ends_the_recording_and_not_the_traffic(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, size=12)
    with recorded.recorder as told:
        for _ in range(3):
            told.exchanged(0, REQUEST, RESPONSE)
        assert recorded.ended.wait(PATIENCE)
        assert told.failure == "No space left on device: make room and run again"
        told.exchanged(0, REQUEST, RESPONSE)
        told.flush()
    assert (told.count, told.not_recorded) == (2, {AFTER: 2})


def test_a_defect_ends_the_recording_and_says_nothing_of_what_was_recorded(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    recorded.disk.flushed, recorded.disk._size = 0, 0
    broken = Recorder(tmp_path / "gone", recorded.disk, secretly, Ends(size=1), lambda: None)
    with broken as told:
        told.flush()
    assert told.failure == "a defect in harness: FileNotFoundError"


def test_a_slow_disk_never_delays_who_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_MAX_WAITING", 50)
    recorded = Recorded(tmp_path)
    recorded.disk.moving.clear()
    with recorded.recorder as told:
        for _ in range(6):
            told.exchanged(0, REQUEST, RESPONSE)  # 13 bytes each
        recorded.disk.moving.set()
    assert (told.count + told.not_recorded[BEHIND], set(told.not_recorded)) == (6, {BEHIND})
    assert told.count in {3, 4}


def test_a_recording_ends_after_so_many_requests(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, Ends(requests=3))
    with recorded.recorder as told:
        for _ in range(5):
            told.exchanged(0, REQUEST, RESPONSE)
        assert recorded.ended.wait(PATIENCE)
        assert told.failure is None
    assert (told.count, len(recorded.disk.written), told.not_recorded) == (3, 3, {AFTER: 2})


def test_a_recording_ends_at_its_size(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, Ends(size=18))
    with recorded.recorder as told:
        for _ in range(5):
            told.exchanged(0, REQUEST, RESPONSE)
        assert recorded.ended.wait(PATIENCE)
    assert (told.count, told.not_recorded) == (3, {AFTER: 2})


def test_what_cannot_be_redacted_or_read_again_is_not_recorded(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    with recorded.recorder as told:
        for body in (b"1", b"hiding", b"huge", b"2"):
            told.exchanged(0, replace(REQUEST, body=body), RESPONSE)
    assert [each.number for each in recorded.disk.written] == [0, 1]
    assert (told.count, told.not_recorded) == (2, {HIDING: 1, TOO_LARGE: 1})
