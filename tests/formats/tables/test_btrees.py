"""SQLite's b-trees and records: what the SQLite library wrote is read back."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats.cursor import Cursor
from harness.formats.tables import btrees
from harness.formats.tables.btrees import Pages, values, varint
from tests.formats.samples import database
from tests.formats.tables.test_sqlite import KEYED, put

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=2000),
    st.binary(max_size=3000),
)


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), VALUES, VALUES),
        max_size=60,
        unique_by=lambda row: row[0],
    )
)
def test_reads_what_sqlite_wrote(rows: list[tuple[int, object, object]]) -> None:
    content = database(*rows)
    found = [(it.number, *btrees.values(it.payload, "utf-8")[1:]) for it in Pages(content).rows(2)]
    assert list(map(repr, found)) == list(map(repr, sorted(rows, key=lambda row: row[0])))


@settings(max_examples=30)
@given(keys=st.sets(st.binary(max_size=1500), max_size=40))
def test_reads_what_sqlite_wrote_without_row_numbers(keys: set[bytes]) -> None:
    content = database(*((key, 1, 2) for key in keys), table=KEYED)
    found = [btrees.values(it.payload, "utf-8")[0] for it in Pages(content).rows(2)]
    assert found == sorted(keys)


def found(content: bytes, root: int = 2) -> list[tuple[object, ...]]:
    return [values(row.payload, "utf-8") for row in Pages(content).rows(root)]


@pytest.mark.parametrize("table", ["t(a INTEGER PRIMARY KEY, b, c)", KEYED])
@pytest.mark.parametrize("size", [*range(20, 1100, 60), 5000])
def test_reads_records_that_go_on_in_further_pages(table: str, size: int) -> None:
    content = database((1, bytes(size), 2), (2, b"x", 3), table=table)
    assert [row[1:] for row in found(content)] == [(bytes(size), 2), (b"x", 3)]


def test_reads_trees_of_several_levels() -> None:
    rows = [(n, b"x" * 100, n) for n in range(500)]
    assert [row[2] for row in found(database(*rows))] == list(range(500))
    assert [row[2] for row in found(database(*rows, table=KEYED))] == list(range(500))


def test_names_the_kinds_of_pages() -> None:
    pages = Pages(database(*((n, b"x" * 100, n) for n in range(20))))
    assert [btrees.KINDS.get(pages.kind(number)) for number in (1, 2, 3)] == [
        *("table leaf", "table interior", "table leaf"),
    ]


def test_an_integer_of_nine_bytes_takes_all_of_the_last_one() -> None:
    assert varint(Cursor(b"\xff" * 9)) == (1 << 64) - 1
    assert btrees.signed((1 << 64) - 1) == -1


def test_a_page_in_two_places_of_a_tree_is_refused() -> None:
    content = database(*((n, b"x" * 100, n) for n in range(20)))
    twice = put(content, 512 + 8, struct.pack(">I", 3))
    with pytest.raises(ValueError, match="page 3 is used twice"):
        found(twice)


def test_depth_is_bounded() -> None:
    first = database((1, "a", 2))[:512]
    interior = (struct.pack(">BHHHBI", 5, 0, 0, 512, 0, n) + bytes(500) for n in range(3, 40))
    with pytest.raises(ValueError, match="deeper than 20"):
        found(first + b"".join(interior))


def test_size_of_a_record_is_bounded() -> None:
    content = database((1, "a", 2))
    with pytest.raises(ValueError, match="is not read"):
        found(put(content, 1024 - 8, b"\xff\xff\xff\xff\x0f"))


@pytest.mark.parametrize("payload", [b"", b"\2\x0a", b"\2\7\0", b"\5\1\1", b"\2\x80"])
def test_damaged_records_are_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"wanted|of kind"):
        values(payload, "utf-8")
