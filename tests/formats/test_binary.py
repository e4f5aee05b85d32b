"""Bytes of no known format: runs, texts and numbers in them."""

import struct

import pytest

from harness.formats import binary as reader
from harness.formats.wording import spelled


def found(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    return {spelled(c.place): (c.texts[0], c.texts[1]) for c in reader.explain(first, second)}


def test_counts_runs_and_shows_them() -> None:
    ours, theirs = bytes(3000), bytearray(3000)
    for place in (1, 3, 2999):
        theirs[place] = 255
    text = "2 runs, 4 of 3000 bytes, the first at 0x1"
    assert found(ours, bytes(theirs)) == {
        "differing bytes": (text, text),
        "bytes 0x1 to 0x4": ("00 00 00", "ff 00 ff"),
        "bytes 0xbb7 to 0xbb8": ("00", "ff"),
    }


def test_equal_chunks_are_passed_over() -> None:
    ours = bytes(5 << 20)
    assert list(found(ours, ours[:-1] + b"\1"))[1:] == ["bytes 0x4fffff to 0x500000"]
    assert found(ours, ours) == {}


def test_what_was_not_searched_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LIMIT", 8)
    text = "none in the first 8 bytes: those behind were not searched"
    assert found(bytes(1 << 17), bytes((1 << 17) - 1) + b"\1") == {"differing bytes": (text, text)}


def test_a_run_may_span_two_chunks() -> None:
    theirs = bytearray(1 << 17)
    theirs[0xFFFF] = theirs[0x10001] = 255
    assert list(found(bytes(1 << 17), bytes(theirs)))[1:] == ["bytes 0xffff to 0x10002"]


def test_of_many_runs_the_first_are_shown() -> None:
    ours, theirs = bytes(64000), (b"\xff" + bytes(31)) * 2000
    changes = list(found(ours, theirs))
    assert 1 < len(changes) < 100


def test_names_the_text_around_a_difference() -> None:
    ours, theirs = (b"\0\1/build/" + name + b"/lib.c\0\2" for name in (b"one", b"two"))
    assert found(ours, theirs)["string at 0x2"] == ("/build/one/lib.c", "/build/two/lib.c")


@pytest.mark.parametrize(("layout", "name"), [("<d", "float64"), ("<f", "float32")])
def test_names_numbers_that_moved_a_little(layout: str, name: str) -> None:
    data = struct.pack(layout, 1.5)
    other = bytes([data[0] + 1]) + data[1:]
    assert f"{name} at 0x8 differs by 1 ULP" in found(bytes(8) + data, bytes(8) + other)


def test_says_what_moved_in() -> None:
    ours, theirs = b"\0\1\2\3\4\5", b"\0\1\7\7\7\3\4\5"
    assert found(ours, theirs) == {
        "size": ("6", "8"),
        "bytes from 0x2, 1 replaced by 3": ("02", "07 07 07"),
    }
    assert list(found(b"\0" * 5, b"\0" * 7))[1] == "bytes from 0x5, 0 replaced by 2"
    assert list(found(b"", b"\1"))[1] == "bytes from 0x0, 0 replaced by 1"


@pytest.mark.parametrize(("layout", "name"), [("<q", "int64"), ("<I", "int32"), ("<d", "float64")])
def test_numbers_of_seconds_are_times(layout: str, name: str) -> None:
    part = 0.3 if name == "float64" else 0
    ours, theirs = (
        b"\xff" * 8 + struct.pack(layout, time) for time in (1717236184, 1765314372 + part)
    )
    assert found(ours, theirs)[f"{name} time at 0x8"] == (
        "1717236184 (2024-06-01 10:03:04 UTC)",
        "1765314372 (2025-12-09 21:06:12 UTC)",
    )


def test_numbers_that_keep_their_lowest_byte_or_lie_in_other_years_are_no_times() -> None:
    for one, other in ((1717236184, 1717236184 + 4096 * 256), (1717236184, 5)):
        pair = (struct.pack("<q", value) for value in (one, other))
        assert not any("time" in field for field in found(*pair))
