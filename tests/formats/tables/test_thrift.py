"""Thrift's compact protocol: every type is read, damage and excess are refused."""

import struct

import pytest

from harness.formats.cursor import Cursor
from harness.formats.tables import thrift
from harness.formats.tables.thrift import Reader, Value


def read(data: bytes) -> dict[int, Value]:
    return Reader(Cursor(data)).struct()


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x11", True),
        (b"\x12", False),
        (b"\x13\xff", -1),
        (b"\x14\x01", -1),
        (b"\x15\x96\x01", 75),
        (b"\x16\x02", 1),
        (b"\x17" + struct.pack("<d", 1.5), 1.5),
        (b"\x18\x02ab", b"ab"),
        (b"\x19\x25\x02\x03", [1, -2]),
        (b"\x1a\x21\x01\x02", [True, False]),
        (b"\x19\xf3\x0f" + bytes(15), [0] * 15),
        (b"\x1b\x01\x85\x01a\x02", [b"a", 1]),
        (b"\x1b\x00", []),
        (b"\x1c\x15\x02\x00", {1: 1}),
    ],
)
def test_reads_every_type(data: bytes, value: Value) -> None:
    assert read(data + b"\0") == {1: value}


def test_numbers_of_fields_are_steps_or_written_out() -> None:
    assert read(b"\x15\x02\x25\x04\x05\xc8\x01\x06\x15\x08\0") == {1: 1, 3: 2, 100: 3, 101: 4}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "1 bytes wanted"),
        (b"\x1d\0", "type 13"),
        (b"\x18\x05abc\0", "5 bytes wanted"),
        (b"\x1c" * 30, "20 deep"),
        (b"\x19" + b"\x19" * 30, "20 deep"),
        (b"\x1b" + b"\x01\xbb" * 30, "20 deep"),
        (b"\x19\xf3\xff\xff\xff\x7f", "1 bytes wanted"),
    ],
)
def test_damage_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(data)


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thrift, "_VALUES", 2)
    with pytest.raises(ValueError, match="are read at most"):
        read(b"\x15\x02\x15\x02\x15\x02\0")
