"""Types, shapes, attributes and elements of HDF5 files, as the library gives them back."""

import io
from typing import Any

import numpy as np
import pytest

from harness.formats.tables.hdf5_objects import File, Message
from harness.formats.tables.hdf5_values import (
    Attribute,
    Filter,
    attribute_of,
    chunks,
    filters_of,
    layout_of,
    shape_of,
    type_of,
    unfiltered,
    values,
)
from tests.formats.samples import h5py

SPACE, TYPE, LAYOUT, FILTERS, ATTRIBUTE = 0x01, 0x03, 0x08, 0x0B, 0x0C
VERSIONS = ("earliest", "latest")


class Dataset:
    """The messages of the one dataset of a file."""

    def __init__(self, version: str = "earliest", **options: Any) -> None:
        file, attributes = io.BytesIO(), options.pop("attributes", {})
        with h5py.File(file, "w", libver=version) as root:
            dataset = root.create_dataset("x", **options)
            dataset.attrs.update(attributes)
        self.file = File(file.getvalue())
        ((_, address),) = self.file.links(self.file.object(self.file.root))
        self.messages = self.file.object(address).messages

    def all(self, kind: int) -> list[Message]:
        return [message for message in self.messages if message.type == kind]

    def one(self, kind: int) -> bytes:
        (message,) = self.all(kind)
        return message.data

    def attributes(self) -> list[Attribute]:
        return [attribute_of(self.file, message.data) for message in self.all(ATTRIBUTE)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        *((code, np.dtype(code).name) for code in ("i1", "<i2", ">i4", "u8", "<f2", ">f4", "f8")),
        ("S5", "text of 5 bytes"),
        (h5py.string_dtype(), "variable length"),
        (h5py.enum_dtype({"a": 0, "b": 1}, basetype="u1"), "uint8"),
        (np.dtype([("a", "i4")]), "class 6 of 4 bytes"),
    ],
)
def test_a_type_has_the_name_that_people_use(version: str, dtype: Any, name: str) -> None:
    assert type_of(Dataset(version, shape=(2,), dtype=dtype).one(TYPE)).name == name


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 4)])
def test_a_shape_is_that_of_the_array(version: str, shape: tuple[int, ...]) -> None:
    assert shape_of(Dataset(version, data=np.zeros(shape)).one(SPACE)) == shape


@pytest.mark.parametrize("version", VERSIONS)
def test_no_space_has_no_element(version: str) -> None:
    assert shape_of(Dataset(version, data=h5py.Empty("f4")).one(SPACE)) in {(0,), ()}


@pytest.mark.parametrize("version", VERSIONS)
def test_attributes_are_read_with_name_type_shape_and_values(version: str) -> None:
    given = {"units": "m/s", "scale": np.float32(0.5), "window": np.array([[1, 2], [3, 4]], ">i2")}
    found = {one.name: one for one in Dataset(version, data=[1], attributes=given).attributes()}
    assert found.keys() == given.keys()
    assert found["units"].values == ["m/s"]
    assert (found["scale"].values, found["scale"].shape) == ([0.5], ())
    assert (found["window"].values, found["window"].shape) == ([1, 2, 3, 4], (2, 2))


@pytest.mark.parametrize("dtype", ["<i2", ">i8", "<f4", ">f8", "S3", h5py.string_dtype()])
def test_elements_are_those_that_were_written(dtype: Any) -> None:
    texts = (isinstance(dtype, str) and dtype.startswith("S")) or not isinstance(dtype, str)
    given = ["ab", "", "xyz"] if texts else [1, -2, 3]
    dataset = Dataset(data=np.array(given, dtype))
    layout = layout_of(dataset.file, dataset.all(LAYOUT)[0].start, dataset.one(LAYOUT))
    assert layout
    assert layout.part
    data = layout.part.read()
    assert list(values(dataset.file, type_of(dataset.one(TYPE)), data)) == given


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"compression": "gzip", "compression_opts": 4}, ["deflate 4"]),
        ({"shuffle": True, "compression": "gzip"}, ["shuffle 8", "deflate 4"]),
        ({"fletcher32": True}, ["fletcher32"]),
    ],
)
def test_chunks_are_unpacked_to_what_was_written(options: dict[str, Any], names: list[str]) -> None:
    array = np.arange(12.0).reshape(4, 3)
    dataset = Dataset(data=array, chunks=(2, 3), **options)
    filters = filters_of(dataset.one(FILTERS))
    assert list(map(str, filters)) == names
    layout = layout_of(dataset.file, 0, dataset.one(LAYOUT))
    assert layout
    assert layout.chunk[:2] == (2, 3)
    for chunk in chunks(dataset.file, layout):
        row, _ = chunk.index[:2]
        unpacked = unfiltered(chunk, filters, 2 * 3 * 8)
        assert unpacked == array[row : row + 2].tobytes()


def test_a_filter_of_others_is_told_by_its_number_and_not_undone() -> None:
    dataset = Dataset(data=np.zeros(4), chunks=(2,), compression="lzf")
    (lzf,) = filters_of(dataset.one(FILTERS))
    assert str(lzf).startswith("filter 32000")
    layout = layout_of(dataset.file, 0, dataset.one(LAYOUT))
    assert layout
    assert {unfiltered(chunk, [lzf], 16) for chunk in chunks(dataset.file, layout)} == {None}


def test_a_chunk_that_is_not_what_its_filter_makes_is_refused() -> None:
    dataset = Dataset(data=np.zeros(4), chunks=(4,))
    layout = layout_of(dataset.file, 0, dataset.one(LAYOUT))
    assert layout
    (chunk,) = chunks(dataset.file, layout)
    with pytest.raises(ValueError, match="HDF5 chunk"):
        unfiltered(chunk, [Filter(number=1, values=(4,))], 32)


@pytest.mark.parametrize("read", [type_of, shape_of, filters_of])
def test_a_message_that_is_cut_off_is_refused(read: Any) -> None:
    with pytest.raises(ValueError, match="bytes wanted"):
        read(b"\1")
