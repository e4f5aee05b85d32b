"""ORC against what Apache Arrow writes."""

import pytest

from harness.formats.change import BeyondBoundError
from harness.formats.tables import orc as reader
from tests.formats.optional import orc
from tests.formats.seeds import changed


def test_names_row_and_column() -> None:
    ours, theirs = (orc({"a": [1, 2], "b": ["x", last]}) for last in ("y", None))
    assert changed("a.orc", ours, theirs) == {
        "ORC differing rows": ("1", "1"),
        "ORC, row 2, column b": ("y", "None"),
    }


def test_names_fields_of_the_footer_and_types() -> None:
    found = changed("a.orc", orc({"a": [1]}), orc({"a": [1]}, compression="zlib"))
    assert found["ORC compression"] == ("UNCOMPRESSED", "ZLIB")
    assert "ORC stripes" in found
    found = changed("a.orc", orc({"a": [1]}), orc({"a": [1.0]}))
    assert found == {"ORC column a": ("int64", "double")}


def test_damage_and_large_contents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = orc({"a": [1, 2]})
    with pytest.raises(ValueError, match="pyarrow"):
        list(reader.explain(good[:9], good))
    monkeypatch.setattr(reader, "_ROWS", 1)
    with pytest.raises(BeyondBoundError, match="2 rows"):
        list(reader.explain(good, good))
    monkeypatch.setattr(reader, "_LARGEST", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
        list(reader.explain(good, good))
