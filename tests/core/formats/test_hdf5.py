"""HDF5: objects, times, attributes, types, shapes and elements, in what h5py writes."""

import numpy as np
import pytest

from harness.core.formats.hdf5 import explain
from tests.core.formats.samples import h5py, hdf5
from tests.core.formats.seeds import changed


def test_names_element_and_distance() -> None:
    first, second = (np.array([[0, 1.0], [2, it]]) for it in (5.0, np.nextafter(5.0, 6.0)))
    assert changed("a.h5", hdf5(first), hdf5(second)) == {
        "HDF5 /g/w: differing elements": ("1 of 4", "1 of 4"),
        "HDF5 /g/w: element [1, 1] differs by 1 ULP": ("5.0", "5.000000000000001"),
    }


def test_names_values_of_attributes() -> None:
    first = hdf5(attributes={"unit": "m", "n": 3})
    second = hdf5(attributes={"unit": "s", "n": 4})
    assert changed("a.h5", first, second) == {
        "HDF5 /g/w attribute unit": ("m", "s"),
        "HDF5 /g/w attribute n": ("3", "4"),
    }
