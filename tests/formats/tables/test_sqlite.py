"""SQLite: header, schema, rows and pages, in what the SQLite library writes."""

import contextlib
import sqlite3
import struct

import pytest

from harness.formats.tables import sqlite
from harness.formats.tables.btrees import Pages
from harness.formats.tables.sqlite import explain
from harness.formats.wording import spelled
from tests.formats.samples import database
from tests.formats.seeds import changed

KEYED = "t(a, b, c, PRIMARY KEY (a, b)) WITHOUT ROWID"


def run(*statements: str) -> bytes:
    """Return the database that statements make."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        return connection.serialize()


def put(content: bytes, at: int, data: bytes) -> bytes:
    return content[:at] + data + content[at + len(data) :]


def test_names_table_row_and_column() -> None:
    assert changed(
        "a.db", database((1, "a", 2.5), (7, "b", 1)), database((1, "a", 2.5), (7, "b", 2))
    ) == {
        "SQLite table t: differing rows": ("1", "1"),
        "SQLite table t, row 7, column b": ("1", "2"),
    }


def test_names_rows_that_one_side_lacks() -> None:
    first, second = database((1, "a", 0), (2, None, b"x")), database((1, "a", 0), (5, "e", -9))
    assert changed("a.db", first, second) == {
        "SQLite table t: differing rows": ("2", "2"),
        "SQLite table t, row 2": ("(None, None, b'x')", ""),
        "SQLite table t, row 5": ("", "(None, 'e', -9)"),
    }


def test_recognises_equal_rows_in_another_order() -> None:
    first, second = (
        database(*rows) for rows in (((1, "a", 0), (2, "b", 0)), ((1, "b", 0), (2, "a", 0)))
    )
    assert (
        spelled(next(explain(first, second)).place) == "SQLite table t: equal rows in another order"
    )


def test_compares_tables_without_row_numbers_by_place() -> None:
    first = database(("a", 1, 2), ("b", 1, 2), ("d", 1, 2), table=KEYED)
    second = database(("a", 1, 2), ("b", 1, 3), ("c", 1, 2), ("d", 1, 2), table=KEYED)
    assert changed("a.db", first, second) == {
        "SQLite table t: differing rows": ("2", "2"),
        "SQLite table t, row 2, column c": ("2", "3"),
        "SQLite table t, row 3": ("", "('c', 1, 2)"),
    }


def test_names_header_fields() -> None:
    first = run("PRAGMA user_version = 1", "CREATE TABLE t(a)")
    second = run("PRAGMA user_version = 2", "CREATE TABLE t(a)")
    assert changed("a.db", first, second) == {"SQLite header user version": ("1", "2")}
    assert changed("a.db", first, put(first, 96, struct.pack(">I", 3_045_000))) == {
        "SQLite header library version": ("0", "3045000")
    }


def test_names_statements_and_order_of_the_schema() -> None:
    one, other = "CREATE TABLE t(a)", "CREATE TABLE u(a)"
    assert changed("a.db", run(one), run("CREATE TABLE t(a, b)")) == {
        "SQLite schema: table t": ("CREATE TABLE t(a)", "CREATE TABLE t(a, b)")
    }
    assert changed("a.db", run(one, other), run(other, one)) == {
        "SQLite schema order": ("table t, table u", "table u, table t")
    }
    assert changed("a.db", run(one), run("CREATE TABLE u(a)"))["SQLite schema: table t"] == (
        one,
        "",
    )


def test_names_the_size_of_pages() -> None:
    found = changed(
        "a.db", run("CREATE TABLE t(a)"), run("PRAGMA page_size = 512", "CREATE TABLE t(a)")
    )
    assert found == {"SQLite header page size": ("4096", "512")}
    assert Pages(run("PRAGMA page_size = 65536", "CREATE TABLE t(a)")).size == 65536


def test_names_the_place_of_bytes_that_no_row_holds() -> None:
    first = database((1, "a", 2))
    assert changed("a.db", first, put(first, 512 + 20, b"left over")) == {
        "SQLite page 2 (table leaf), byte 20": (
            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
            "6c 65 66 74 20 6f 76 65 72 00 00 00 00 00 00 00",
        )
    }


def test_names_rows_whose_values_are_stored_in_another_way() -> None:
    constant, byte = database((1, "a", 1)), database((1, "a", 7))[:-1] + b"\1"
    assert changed("a.db", constant, byte) == {
        "SQLite table t: differing rows": ("1", "1"),
        "SQLite table t, row 1: encoding of equal values": (
            "04 00 0f 09 61",
            "04 00 0f 01 61 01",
        ),
    }


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_reads_texts_in_the_encoding_of_the_file(encoding: str) -> None:
    before = f"PRAGMA encoding = '{encoding}'"
    first, second = (database((1, text, 2), before=before) for text in ("é", "漢"))
    assert changed("a.db", first, second)["SQLite table t, row 1, column a"] == ("é", "漢")


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("t(a, b)", ["a", "b"]),
        ('t("a ""b", [c (d], `e`, \'f\')', ['a ""b', "c (d", "e", "f"]),
        ("t(a DECIMAL(3, 4) DEFAULT (1, 2), b -- c, d\n, e /* f, g */)", ["a", "b", "e"]),
        ('t(a, PRIMARY KEY (a, b), check (a), "check")', ["a", "check"]),
    ],
)
def test_takes_the_names_of_columns_from_the_statement(table: str, columns: list[str]) -> None:
    assert sqlite._columns(f"CREATE TABLE {table}") == columns


def test_numbers_columns_without_a_name() -> None:
    first, second = (put(database((1, "a", b)), 0, b"S") for b in (1, 2))
    place = first.index(b"(id INTEGER PRIMARY KEY, a, b)")
    first, second = (put(it, place, b"(id INTEGER PRIMARY KEY, a   )") for it in (first, second))
    assert changed("a.db", first, second)["SQLite table t, row 1, column 3"] == ("1", "2")


def test_ignores_what_has_no_tree_of_its_own() -> None:
    view = "CREATE VIEW v AS SELECT 1"
    first, second = (database((1, "a", n), before=view) for n in (1, 2))
    assert len(changed("a.db", first, second)) == 2


def test_counting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (database(*((n, "a", b) for n in range(9))) for b in (0, 1))
    monkeypatch.setattr(sqlite, "_COUNTED", 8)
    changes = list(explain(first, second))
    assert (changes[0].first, len(changes)) == ("at least 8", 6)
    first, second = (database(*((n, "a", b) for n in range(9)), table=KEYED) for b in (0, 1))
    monkeypatch.setattr(sqlite, "_KEPT", 20)
    assert next(explain(first, second)).first == "3"


def test_a_schema_is_read_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_OBJECTS", 0)
    with pytest.raises(ValueError, match="too large"):
        next(explain(GOOD, GOOD))


def test_equal_contents_have_no_changes() -> None:
    assert list(explain(database((1, "a", 2)), database((1, "a", 2)))) == []


GOOD = database((1, "a", 2.5), (2, "b", "c" * 2000))
LEAF = 512


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"SQLite format 4\0" + GOOD[16:], "no SQLite"),
        (GOOD[:90], "wanted"),
        (put(GOOD, 16, b"\2\1"), "pages of 513"),
        (put(GOOD, 16, b"\1\0"), "pages of 256"),
        (put(GOOD, 20, b"\x80"), "384 of them"),
        (put(GOOD, 56, b"\0\0\0\7"), "encoding 7"),
        (put(GOOD, 100, b"\3"), "page 1 of kind 3"),
        (put(GOOD, 103, b"\xff\xff"), "wanted"),
        (put(GOOD, 108, b"\xff\xff"), "wanted"),
        (put(GOOD, LEAF, b"\5"), "wanted|used twice"),
        (GOOD[:LEAF], "wanted"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(content, content))
