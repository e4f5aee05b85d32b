"""Classic netCDF against what SciPy writes."""

import pytest

from harness.formats.arrays import netcdf as reader
from harness.formats.change import BeyondBoundError
from tests.formats.optional import netcdf
from tests.formats.seeds import changed


def test_names_attributes_dimensions_and_elements() -> None:
    assert changed("a.nc", netcdf([1, 2], unit="m"), netcdf([1, 2.5], unit="s")) == {
        "netCDF variable v attribute units": ("b'm'", "b's'"),
        "netCDF variable v values: differing elements": ("1 of 2", "1 of 2"),
        "netCDF variable v values: element [1] differs by 2097152 ULP": ("2.0", "2.5"),
    }
    found = changed("a.nc", netcdf([1, 2]), netcdf([1, 2, 3]))
    assert found["netCDF dimension t"] == ("2", "3")
    assert found["netCDF variable v values: shape"] == ("(2,)", "(3,)")
    assert "netCDF variable w" in changed("a.nc", netcdf([1]), netcdf([1], name="w"))


def test_tells_the_same_values_in_another_encoding() -> None:
    good = netcdf([1, 2])
    assert list(changed("a.nc", good, good + b"\0")) == ["netCDF encoding"]


def test_damage_and_large_contents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = netcdf([1, 2])
    with pytest.raises(ValueError, match="scipy"):
        list(reader.explain(good[:20], good))
    monkeypatch.setattr(reader, "_LARGEST", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
        list(reader.explain(good, good))
