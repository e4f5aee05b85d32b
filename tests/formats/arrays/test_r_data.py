"""R's data against files that R itself wrote, which rdata is tested with."""

import gzip
from importlib.resources import files

import numpy as np
import pytest

from harness.formats.arrays import r_data as reader
from harness.formats.change import BeyondBoundError
from tests.formats.optional import r_data
from tests.formats.seeds import changed

WRITTEN = files("rdata") / "tests/data"


def values(data: bytes) -> object:
    return reader._whole(reader._parsed(data))


def of_r(name: str) -> bytes:
    data = (WRITTEN / name).read_bytes()
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def test_reads_a_data_frame_that_r_wrote() -> None:
    found = values(of_r("test_dataframe.rds"))
    assert isinstance(found, dict)
    frame, attributes = found["value"], found["attribute"]
    assert attributes["class"] == ["data.frame"]
    assert frame["class"]["attribute"] == {"levels": ["a", "b"], "class": ["factor"]}
    assert frame["class"]["value"].tolist() == [1, 2, 2]
    assert frame["value"].tolist() == [1, 2, 3]


def test_reads_what_r_saved_by_name() -> None:
    found = values(of_r("test_vector.rda"))
    assert isinstance(found, dict)
    assert found["test_vector"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "file",
    sorted(
        it.name for it in (WRITTEN / "generated").iterdir() if "__xdr__version_3.rds" in it.name
    ),
)
def test_reads_every_kind_of_value_that_r_writes(file: str) -> None:
    data = of_r(f"generated/{file}")
    assert list(reader.explain(data, data))[-1].texts[0] == f"same values in {len(data)} bytes"


def test_names_values_and_the_writer() -> None:
    ours, theirs = (r_data({"a": np.array([1.0, last]), "b": "x"}) for last in (2.0, 3.0))
    assert changed("a.rds", ours, theirs) == {
        "R a: differing elements": ("1 of 2", "1 of 2"),
        "R a: element [1] differs by 2251799813685248 ULP": ("2.0", "3.0"),
    }
    found = changed("a.rds", r_data("x", version=2), r_data("x"))
    assert found == {
        "R version of the format": ("2", "3"),
        "R text encoding": ("None", "UTF-8"),
    }


def test_damage_depth_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    good = r_data({"a": {"b": "x"}})
    with pytest.raises(ValueError, match="rdata"):
        list(reader.explain(good[:30], good))
    monkeypatch.setattr(reader, "_DEPTH", 1)
    with pytest.raises(BeyondBoundError, match="nested more than 1 deep"):
        list(reader.explain(good, good))
    monkeypatch.setattr(reader, "_LARGEST", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
        list(reader.explain(good, good))
