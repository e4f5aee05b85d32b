"""FlatBuffers: a table laid out by hand is read, damage and excess are refused."""

import struct

import pytest

from harness.formats.tables import flatbuffers
from harness.formats.tables.flatbuffers import Buffer

# The root lies at 20, behind its list of fields: a number, a text, a table, none, pairs, tables.
FIELDS = struct.pack("<8H", 16, 24, 4, 8, 12, 0, 16, 20)
ROOT = struct.pack("<iiIIII", 16, -7, 16, 44, 16, 24)
TEXT = struct.pack("<I4s", 3, b"abc\0")
PAIRS = struct.pack("<I4H", 2, 1, 2, 3, 4)
TABLES = struct.pack("<II", 1, 8)
INNER = struct.pack("<HHi", 4, 8, 4)
CONTENT = struct.pack("<I", 20) + FIELDS + ROOT + TEXT + PAIRS + TABLES + INNER


def put(at: int, number: int) -> bytes:
    return CONTENT[:at] + struct.pack("<I", number) + CONTENT[at + 4 :]


def read(content: bytes) -> tuple[str, list[tuple[int, ...]]]:
    root = Buffer(content).root
    return root.text(1), list(root.structs(4, "<HH", 4))


def test_reads_every_kind_of_field() -> None:
    root = Buffer(CONTENT).root
    assert root.scalar(0, "<i") == -7
    assert root.text(1) == "abc"
    assert root.table(2).scalar(0, "<i", 5) == 5
    assert list(root.structs(4, "<HH", 4)) == [(1, 2), (3, 4)]
    assert [table.has(0) for table in root.tables(5)] == [False]


def test_fields_that_are_left_out_have_their_defaults() -> None:
    root = Buffer(CONTENT).root
    assert (root.scalar(3, "<i", 9), root.text(9), list(root.tables(3))) == (9, "", [])
    assert root.has(0)
    assert not root.has(3)
    with pytest.raises(ValueError, match="without its field 3"):
        root.table(3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "4 bytes wanted"),
        (put(0, 1 << 30), "4 bytes wanted"),
        (put(20, 1 << 31), "2 bytes wanted"),
        (put(44, 1 << 31), "bytes wanted"),
        (put(52, 1 << 30), "bytes wanted"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(content)


def test_the_number_of_tables_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flatbuffers, "_TABLES", 2)
    root = Buffer(CONTENT).root
    assert not root.table(2).has(0)
    with pytest.raises(ValueError, match="more than 2"):
        root.table(2)
