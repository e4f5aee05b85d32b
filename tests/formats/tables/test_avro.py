"""Avro against what fastavro writes."""

import pytest

from harness.formats.change import BeyondBoundError, Kind
from harness.formats.tables import avro as reader
from harness.formats.wording import spelled
from tests.formats.optional import SCHEMA, avro
from tests.formats.seeds import changed

ROW = {"a": 1, "b": "x"}


def test_names_metadata_and_codec() -> None:
    assert changed("a.avro", avro(ROW, k="v"), avro(ROW, k="w")) == {
        "Avro metadata k": ("v", "w")
    } | {"Avro blocks": changed("a.avro", avro(ROW, k="v"), avro(ROW, k="w"))["Avro blocks"]}
    found = changed("a.avro", avro(ROW), avro(ROW, codec="deflate"))
    assert found["Avro metadata avro.codec"] == ("null", "deflate")


def test_the_mark_is_an_identifier() -> None:
    (change,) = reader.explain(avro(ROW), avro(ROW, mark=b"fedcba9876543210"))
    assert (spelled(change.place), change.kind) == ("Avro mark between blocks", Kind.IDENTIFIER)


def test_names_fields_of_the_schema() -> None:
    other = SCHEMA | {"fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]}
    found = changed("a.avro", avro(ROW), avro(ROW, schema=other))
    assert found["Avro schema $.fields[0].type"] == ('"int"', '"long"')
    assert "Avro blocks" not in found


def test_rows_need_not_be_records() -> None:
    found = changed("a.avro", avro(1, schema="int"), avro(2, schema="int"))
    assert found["Avro, row 1, column value"] == ("1", "2")


def test_damage_is_refused_or_said(monkeypatch: pytest.MonkeyPatch) -> None:
    good = avro(ROW, ROW)
    with pytest.raises(ValueError, match="fastavro"):
        list(reader.explain(good[:20], good))
    with pytest.raises(ValueError, match="fastavro"):
        list(reader.explain(good, good[:-20] + good[-16:]))
    monkeypatch.setattr(reader, "_LARGEST", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
        list(reader.explain(good, good))
