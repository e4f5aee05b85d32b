import gzip
import hashlib
import json
import resource
import signal
import stat
import struct
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pygit2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError, ToolError
from harness.record import recordings
from harness.record.core.blocks import pack, unpack
from harness.record.core.exchange import Exchange, Request
from harness.record.core.lines import encode_head
from harness.record.recordings import create, read
from tests.exchanges import exchanges

MANY = [
    Exchange(
        number=number,
        at=number / 10,
        request=Request(method="POST", target="/", headers=(), body=bytes([number % 256]) * 5000),
        response=None,
    )
    for number in range(200)
]


def _lines(path: Path, *targets: str) -> Path:
    lines = [json.dumps({"method": "GET", "target": target}) + "\n" for target in targets]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A recording of several blocks."""
    with create(tmp_path / "many", ["user.name"]) as writer:
        for exchange in MANY:
            writer.add(exchange)
    return tmp_path / "many"


def test_requests_are_read_by_their_number_in_any_order(tmp_path: Path) -> None:
    path = _lines(tmp_path / "r", "/a", "/b", "/c")
    with read(path) as recording:
        assert len(recording) == 3
        assert [recording[number].request.target for number in (2, 0, -2)] == ["/c", "/a", "/b"]
        assert [each.request.target for each in recording[1:]] == ["/b", "/c"]
        assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert not recording.cut


def test_lines_may_begin_with_their_version(tmp_path: Path) -> None:
    path = _lines(tmp_path / "r", "/a")
    path.write_bytes(encode_head([]) + path.read_bytes())
    with read(path) as recording:
        assert [each.request.target for each in recording] == ["/a"]


def test_a_request_beyond_the_last_is_none(tmp_path: Path, recorded: Path) -> None:
    for path in (_lines(tmp_path / "r", "/a"), recorded):
        with read(path) as recording:
            for number in (len(recording), -len(recording) - 1):
                with pytest.raises(IndexError):
                    recording[number]


def test_a_line_that_is_none_is_named_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text('{"method": "GET", "target": "/"}\nnonsense\n')
    with read(path) as recording, pytest.raises(InputError, match="r: request 1: not a recorded"):
        recording[1]


def test_a_missing_and_an_empty_recording_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such recording"), read(tmp_path / "missing"):
        pass
    (tmp_path / "empty").write_bytes(b"\n")
    with create(tmp_path / "none"):
        pass
    for name in ("empty", "none"):
        with pytest.raises(InputError, match="an empty recording"), read(tmp_path / name):
            pass


@given(st.lists(exchanges(), min_size=1, max_size=5), st.sets(st.integers(0, 5)))
def test_what_was_recorded_is_read(
    tmp_path_factory: pytest.TempPathFactory, told: list[Exchange], flushed: set[int]
) -> None:
    path = tmp_path_factory.mktemp("recording") / "r"
    with create(path) as writer:
        for place, exchange in enumerate(told):
            writer.add(exchange)
            if place in flushed:
                writer.flush()
    with read(path) as recording:
        for number in reversed(range(len(told))):
            found, meant = recording[number], told[number]
            assert (found.at, found.request, found.response) == (
                meant.at, meant.request, meant.response,
            )  # fmt: skip


def test_zcat_reads_the_whole(recorded: Path) -> None:
    lines = subprocess.run(["zcat", str(recorded)], check=True, capture_output=True).stdout
    head, *rest = map(json.loads, lines.splitlines())
    assert head == {"harness-recording": 1, "redacted": ["user.name"]}
    assert [line["body-base64" if n >= 128 else "body-text"][:2] for n, line in enumerate(rest)]
    assert len(rest) == len(MANY)


def test_a_block_is_unpacked_only_when_it_is_asked_for(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked: list[int] = []

    def counted(block: bytes) -> bytes:
        unpacked.append(len(block))
        return unpack(block)

    monkeypatch.setattr(recordings, "unpack", counted)
    with read(recorded) as recording:
        unpacked.clear()
        assert recording[150] == MANY[150]
        assert recording[151] == MANY[151]
        assert len(unpacked) == 1
        assert list(recording) == MANY
    assert 3 < len(unpacked) < 20


def test_a_recording_without_its_end_has_its_whole_blocks(recorded: Path) -> None:
    data = recorded.read_bytes()
    for end in (len(data) - 1, len(data) * 2 // 3, len(data) // 3):
        recorded.write_bytes(data[:end])
        with read(recorded) as recording:
            assert recording.cut
            assert list(recording) == MANY[: len(recording)]
            assert len(recording) > 20


def test_a_cut_at_any_byte_leaves_the_whole_blocks_before_it_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r"
    ends = []
    with create(path) as writer:
        for exchange in MANY[:4]:
            ends.append(path.stat().st_size)
            writer.add(exchange)
            writer.flush()
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        blocks = sum(known <= end for known in [*ends[1:], len(whole)])
        if blocks:
            with read(path) as recording:
                assert list(recording) == MANY[:blocks]
                assert recording.cut == (end not in ends)
        else:
            with pytest.raises(InputError), read(path) as recording:
                list(recording)


@pytest.mark.parametrize("bits", [1, 0x80])
def test_damage_of_any_byte_is_told_or_changes_nothing(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "r"
    with create(path) as writer:
        for exchange in MANY[:4]:
            writer.add(exchange)
            writer.flush()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :])
        with suppress(InputError), read(path) as recording:
            assert list(recording) == MANY[:4]


@pytest.mark.parametrize("lines", [b"{}\n", b"{}\n{}\n{}\n"])
def test_a_block_that_holds_not_what_it_claims_is_damaged(tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / "r"
    path.write_bytes(pack(encode_head([]), 0) + pack(lines, 2) + pack(b"{}\n", 1))
    with read(path) as recording:
        with pytest.raises(InputError, match=r"block 1 has \d requests, but claims 2"):
            recording[1]
        with pytest.raises(InputError, match="request 2: a request without 'method'"):
            recording[2]


def test_a_block_that_claims_to_go_beyond_the_file_is_damaged_and_no_end(recorded: Path) -> None:
    data = bytearray(recorded.read_bytes())
    second = len(pack(encode_head(["user.name"]), 0))
    data[second + 18] ^= 0x40  # four million bytes more
    data[second + 24 : second + 28] = struct.pack("<I", zlib.crc32(data[second + 16 : second + 24]))
    recorded.write_bytes(data)
    with pytest.raises(InputError, match=f"block 1 at byte {second}: damaged"):
        read(recorded).__enter__()


@pytest.mark.parametrize("content", [b"a long line of something\n", b""])
def test_what_another_program_compressed_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "r"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"compressed, but .*; harness record --from"):
        read(path).__enter__()
    path.write_bytes(pack(content, 1))
    with pytest.raises(InputError, match="no recording; harness record --from"):
        read(path).__enter__()


def test_a_recording_is_for_its_owner_alone_and_never_overwritten(recorded: Path) -> None:
    assert stat.S_IMODE(recorded.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="exists; choose another file"):
        create(recorded).__enter__()


def test_a_place_that_git_would_track_is_refused(tmp_path: Path) -> None:
    pygit2.init_repository(str(tmp_path))
    with pytest.raises(InputError, match="tracked sources"):
        create(tmp_path / "r").__enter__()
    (tmp_path / ".gitignore").write_text("*.rec\n")
    with create(tmp_path / "r.rec") as writer:
        writer.add(MANY[0])


def test_what_was_added_is_kept_when_the_rest_fails(tmp_path: Path) -> None:
    path = tmp_path / "r"
    with suppress(KeyboardInterrupt), create(path) as writer:
        writer.add(MANY[0])
        raise KeyboardInterrupt
    with read(path) as recording:
        assert list(recording) == MANY[:1]


def test_a_full_disk_leaves_whole_blocks(tmp_path: Path) -> None:
    path = tmp_path / "r"
    with create(path) as writer:
        writer.add(MANY[0])
        writer.flush()
        writer.add(MANY[199])
        room = path.stat().st_size + 40
        with a_file_may_have(room), pytest.raises(ToolError, match="r: File too large"):
            writer.flush()
    with read(path) as recording:
        assert not recording.cut
        assert list(recording) == MANY[:1]


@contextmanager
def a_file_may_have(size: int) -> Iterator[None]:
    """Have the kernel refuse what makes a file larger, as on a full disk."""
    known = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, known[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, known)
        signal.signal(signal.SIGXFSZ, ignored)


def test_what_is_too_large_to_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "MAX_LINE", 1000)
    request = Request(method="POST", target="/", headers=(), body=b"\x01" * 500)
    large = Exchange(number=0, at=0.0, request=request, response=None)
    with create(tmp_path / "new") as writer:
        with pytest.raises(InputError, match="more than 1000 bytes"):
            writer.add(large)
        writer.add(replace(large, request=replace(request, body=b"")))
    assert writer.requests == 1
