"""Labels of numbers in bytes; what they are in real formats was taken from the formats' tools."""

import struct
from hashlib import sha512

import pytest

from harness.formats import binary
from harness.formats.arrays.numbers import number
from harness.formats.wording import spelled


def labelled(first: bytes, second: bytes) -> list[str]:
    fields = [spelled(change.place) for change in binary.explain(first, second)]
    return [field for field in fields if "time" in field or "ULP" in field]


@pytest.mark.parametrize("layout", ["<I", ">I", "<q", ">q", ">d"])
@pytest.mark.parametrize("year", [1546300800, 1609459200, 1617235200, 1717236184, 1795443127])
def test_seconds_in_a_header_are_a_time_in_either_byte_order(layout: str, year: int) -> None:
    head = struct.pack(layout, 42)
    pair = (head * 2 + struct.pack(layout, time) + head for time in (year, year + 48078189))
    (field,) = labelled(*pair)
    assert "time" in field
    assert ("big-endian" in field) == layout.startswith(">")


def test_times_beside_one_another_are_one_label_and_another_value_among_them_is_none() -> None:
    one, other = (
        struct.pack("<4I", 7, time, time + 1, time + 2) for time in (1546300800, 1546300900)
    )
    assert labelled(one, other) == ["int32 time at 0x4"]
    assert labelled(one, other[:8] + b"\1\2\3\4" + other[12:]) == []


def test_the_superblock_of_squashfs_holds_a_time() -> None:
    pair = (struct.pack("<4s4I", b"hsqs", 9, time, 131072, 0) for time in (1546300800, 1560000001))
    assert labelled(*pair) == ["int32 time at 0x8"]


@pytest.mark.parametrize("seed", range(8))
def test_compressed_data_and_code_hold_hardly_any_numbers(seed: int) -> None:
    data = b"".join(sha512(bytes([seed, block])).digest() for block in range(32))
    found = [
        change
        for at in range(64, 1984)
        if (change := number(data, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], at, at + 1))
    ]
    assert not [change for change in found if "ULP" in spelled(change.place)]
    assert len(found) < 20


def test_letters_of_sixteen_bits_are_no_floats() -> None:
    pair = (f"Version {day}, regular".encode("utf-16-be") for day in ("11", "12"))
    assert labelled(*pair) == []


def test_an_array_of_floats_that_moved_a_little_is_one_and_a_count_before_it_does_not_matter() -> (
    None
):
    values = [0.1 * (place + 1) for place in range(2000)]
    one = struct.pack("<q2000d", 2000, *values)
    other = bytearray(one)
    for place in range(8, len(other), 8):
        other[place] ^= 1
    assert labelled(one, bytes(other)) == ["float64 at 0x8 differs by 1 ULP"]


@pytest.mark.parametrize("place", range(100))
@pytest.mark.parametrize(("layout", "name"), [("f", "float32"), ("d", "float64")])
def test_floats_are_read_as_long_as_they_are(layout: str, name: str, place: int) -> None:
    values = [1 + index * 0.37 for index in range(100)]
    one = struct.pack(f"<100{layout}", *values)
    at = place * struct.calcsize(layout)
    other = one[:at] + bytes([one[at] ^ 3]) + one[at + 1 :]
    (field,) = labelled(one, other)
    assert field.startswith(f"{name} at {at:#x} differs by ")


@pytest.mark.parametrize(
    "text", [b"ABCDABCDABCDABCDABCD", b"2026-11-28 20:26:11.28\n", b"@@@@@@@@"]
)
def test_words_of_capitals_and_digits_are_no_floats(text: bytes) -> None:
    for place in range(len(text)):
        other = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        assert labelled(b"\0" * 8 + text + b"\0" * 8, b"\0" * 8 + other + b"\0" * 8) == []


def test_counters_that_grow_by_one_are_no_floats() -> None:
    one, other = (struct.pack("<8I", 3, 900, 17, count, 4, 5, 6, 70000) for count in (80, 81))
    assert labelled(one, other) == []


def test_the_end_of_the_content_is_no_number() -> None:
    assert number(b"\0" * 9 + b"\1", b"\0" * 9 + b"\2", 9, 10) is None
