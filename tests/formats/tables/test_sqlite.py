"""SQLite: header, schema, rows and pages, in what the SQLite library writes."""

import contextlib
import sqlite3
import struct
from pathlib import Path

import pytest

from harness.formats.change import BeyondBoundError
from harness.formats.tables import rows, sqlite
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
        "SQLite table t, row 2": ("(None, b'x')", ""),
        "SQLite table t, row 5": ("", "('e', -9)"),
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
    assert sqlite._page_size(run("PRAGMA page_size = 65536", "CREATE TABLE t(a)")) == 65536


def test_names_the_place_of_bytes_that_no_row_holds() -> None:
    first = database((1, "a", 2))
    assert changed("a.db", first, put(first, 512 + 20, b"left over")) == {
        "SQLite page 2 (table leaf), byte 20": (
            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
            "6c 65 66 74 20 6f 76 65 72 00 00 00 00 00 00 00",
        )
    }


def test_names_the_page_of_values_that_are_stored_in_another_way() -> None:
    constant, byte = database((1, "a", 1)), database((1, "a", 7))[:-1] + b"\1"
    assert list(changed("a.db", constant, byte)) == ["SQLite page 2 (table leaf), byte 6"]


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_reads_texts_in_the_encoding_of_the_file(encoding: str) -> None:
    before = f"PRAGMA encoding = '{encoding}'"
    first, second = (database((1, text, 2), before=before) for text in ("é", "漢"))
    assert changed("a.db", first, second)["SQLite table t, row 1, column a"] == ("é", "漢")


def test_names_of_columns_and_tables_may_be_anything() -> None:
    first, second = (
        run(
            """CREATE TABLE "a ""b"(rowid, "c (d" DECIMAL(3, 4), `e'` DEFAULT (1), "select")""",
            """INSERT INTO "a ""b" VALUES (7, 1, ?, 'x')""".replace("?", n),
        )
        for n in "12"
    )
    assert changed("a.db", first, second) == {
        'SQLite table a "b: differing rows': ("1", "1"),
        """SQLite table a "b, row 1, column e'""": ("1", "2"),
    }


def test_numbers_may_have_no_name_left() -> None:
    table = "CREATE TABLE t(rowid, _rowid_, oid, a)"
    row = "INSERT INTO t VALUES (1, 2, 3, ?), (1, 2, 3, 9)"
    first, second = (run(table, row.replace("?", n)) for n in "12")
    assert changed("a.db", first, second)["SQLite table t, row 1, column a"] == ("1", "2")


def test_computed_columns_are_not_computed() -> None:
    table = "CREATE TABLE t(a, b AS (abs(a)), c AS (a + 1) STORED)"
    first, second = (run(table, "INSERT INTO t(a) VALUES (?)".replace("?", n)) for n in "12")
    found = [name for name in changed("a.db", first, second) if "column" in name]
    assert found == ["SQLite table t, row 1, column a", "SQLite table t, row 1, column c"]


def test_nothing_but_reading_is_allowed() -> None:
    with contextlib.closing(sqlite._opened(GOOD)) as connection:
        for statement in (
            "SELECT abs(1)",
            "INSERT INTO t VALUES (9, 9, 9)",
            "ATTACH ':memory:' AS other",
            "CREATE TABLE u(a)",
        ):
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                connection.execute(statement)


def test_a_database_with_a_log_beside_it_is_read_without_that(tmp_path: Path) -> None:
    def written(value: int) -> bytes:
        path = tmp_path / f"{value}.db"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE t(a)")
            connection.execute("INSERT INTO t VALUES (?)", (value,))
        return path.read_bytes()

    assert written(1)[18:20] == b"\2\2"
    assert changed("a.db", written(3), written(4))["SQLite table t, row 1, column a"] == ("3", "4")


def test_ignores_what_has_no_tree_of_its_own() -> None:
    view = "CREATE VIEW v AS SELECT 1"
    first, second = (database((1, "a", n), before=view) for n in (1, 2))
    assert len(changed("a.db", first, second)) == 2


def test_counting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (database(*((n, "a", b) for n in range(9))) for b in (0, 1))
    monkeypatch.setattr(rows, "_COUNTED", 8)
    changes = list(explain(first, second))
    assert (changes[0].first, len(changes)) == ("at least 8", 6)
    first, second = (database(*((n, "a", b) for n in range(9)), table=KEYED) for b in (0, 1))
    monkeypatch.setattr(sqlite, "_COUNTED", 3)
    assert next(explain(first, second)).first == "3"


def test_a_schema_is_read_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_OBJECTS", 0)
    with pytest.raises(BeyondBoundError, match="more than 0 objects"):
        next(explain(GOOD, GOOD))
    monkeypatch.setattr(sqlite, "_LARGEST", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
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
        (put(GOOD, 20, b"\x80"), "SQLite: DatabaseError"),
        (put(GOOD, 56, b"\0\0\0\7"), "SQLite: DatabaseError"),
        (put(GOOD, 100, b"\3"), "SQLite: DatabaseError"),
        (put(GOOD, 103, b"\xff\xff"), "SQLite: DatabaseError"),
        (put(GOOD, 108, b"\xff\xff"), "SQLite: DatabaseError"),
        (put(GOOD, LEAF, b"\5"), "SQLite: DatabaseError"),
        (GOOD[:LEAF], "SQLite: DatabaseError"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(content, content))


def test_a_record_of_a_damaged_size_is_beyond_the_bounds() -> None:
    with pytest.raises(BeyondBoundError, match="more memory"), sqlite._reading():
        raise MemoryError
