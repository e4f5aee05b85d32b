"""RECORD by path and column, METADATA by field."""

import pytest

from harness.formats.documents import dist_info as reader
from tests.formats.containers import METADATA, RECORD
from tests.formats.seeds import changed


def rows(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    return changed("a-1.dist-info/RECORD", first, second)


def fields(old: bytes, new: bytes) -> dict[str, tuple[str, str]]:
    assert old in METADATA
    return changed("a-1.dist-info/METADATA", METADATA, METADATA.replace(old, new))


def test_names_path_and_column_of_a_row() -> None:
    assert rows(RECORD, RECORD.replace(b"def,3", b"dee,4")) == {
        "RECORD a/b,c.py: hash": ("sha256=def", "sha256=dee"),
        "RECORD a/b,c.py: size": ("3", "4"),
    }
    assert rows(RECORD, RECORD.replace(b"__init__", b"init")) == {
        "RECORD a/__init__.py": ("sha256=abc 12", ""),
        "RECORD a/init.py": ("", "sha256=abc 12"),
    }


def test_names_the_order_of_rows() -> None:
    backwards = b"".join(RECORD.splitlines(keepends=True)[::-1])
    assert list(rows(RECORD, backwards)) == ["order of rows"]


def test_names_the_field_of_metadata() -> None:
    assert fields(b"1.0", b"1.1") == {"Version": ("1.0", "1.1")}
    assert fields(b"b>=1", b"b>=2") == {"Requires-Dist": ("b>=1", "b>=2")}
    assert fields(b"        two", b"\tthree") == {"License": ("one\n        two", "one\n\tthree")}
    assert fields(b"Name: a\n", b"") == {"Name": ("a", "")}
    assert fields(b"description", b"text") == {
        "description: line 1, word 2": ("description", "text")
    }


def test_names_an_order() -> None:
    assert fields(b"b>=1\nRequires-Dist: c", b"c\nRequires-Dist: b>=1") == {
        "order of Requires-Dist": ("b>=1, c", "c, b>=1")
    }
    assert list(fields(b"Name: a\nVersion: 1.0", b"Version: 1.0\nName: a")) == ["order of fields"]


def test_fields_need_no_description_after_them() -> None:
    wheel = b"Wheel-Version: 1.0\r\nTag: py3-none-any\r\n\r\n"
    found = changed("a-1.dist-info/WHEEL", wheel, wheel.replace(b"py3", b"py2"))
    assert found == {"Tag": ("py3-none-any", "py2-none-any")}


def test_damage_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for record, reason in (
        (b"a,b\n", "not enough values"),
        (b"a" * 200_000 + b",,\n", "field larger than"),
    ):
        with pytest.raises(ValueError, match=reason):
            list(reader.explain_record(RECORD, record))
    for metadata in (b"Name\n", b" Name: a\n", b": a\n"):
        with pytest.raises(ValueError, match="no field"):
            list(reader.explain_fields(METADATA, metadata))
    monkeypatch.setattr(reader, "_ROWS", 2)
    monkeypatch.setattr(reader, "_FIELDS", 2)
    with pytest.raises(ValueError, match="more than 2 rows"):
        list(reader.explain_record(RECORD, RECORD))
    with pytest.raises(ValueError, match="more than 2 lines"):
        list(reader.explain_fields(METADATA, METADATA))
