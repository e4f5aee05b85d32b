"""HDF5: objects, times, attributes, types, shapes and elements, in what h5py writes."""

import io
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.formats.elements import Part
from harness.formats.tables import hdf5 as explained
from harness.formats.tables import hdf5_objects, hdf5_values
from harness.formats.tables.hdf5 import explain
from harness.formats.tables.hdf5_values import Chunk, Filter
from tests.formats.samples import h5py, hdf5
from tests.formats.seeds import changed

TABLE = np.arange(40.0).reshape(4, 10)
MOVED = TABLE.copy()
MOVED[3, 7] = 37.000000000000007


def put(content: bytes, at: int, data: bytes) -> bytes:
    return content[:at] + data + content[at + len(data) :]


def written(fill: Callable[[Any], object], **options: object) -> bytes:
    """Return a file that a function fills."""
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as root:
        fill(root)
    return file.getvalue()


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_names_element_and_distance(version: str) -> None:
    assert changed("a.h5", hdf5(TABLE, version=version), hdf5(MOVED, version=version)) == {
        "HDF5 /g/w: differing elements": ("1 of 40", "1 of 40"),
        "HDF5 /g/w: element [3, 7] differs by 1 ULP": ("37.0", "37.00000000000001"),
    }


@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip", "shuffle": True, "fletcher32": True}]
)
def test_names_chunk_and_element(options: dict[str, Any]) -> None:
    first, second = (hdf5(it, chunks=(2, 5), **options) for it in (TABLE, MOVED))
    assert changed("a.h5", first, second) == {
        "HDF5 /g/w chunk [2, 5]: differing elements": ("1 of 10", "1 of 10"),
        "HDF5 /g/w chunk [2, 5]: element [1, 2] differs by 1 ULP": ("37.0", "37.00000000000001"),
    }


def test_names_chunks_whose_filter_is_not_known() -> None:
    first, second = (hdf5(it, chunks=(2, 5), compression="lzf") for it in (TABLE, MOVED))
    assert list(changed("a.h5", first, second)) == ["HDF5 /g/w chunk [2, 5]"]


def test_names_chunks_that_one_side_lacks() -> None:
    def fill(count: int) -> bytes:
        def one(root: Any) -> None:
            dataset = root.create_dataset("w", (4,), "f4", chunks=(2,))
            dataset[:count] = 1

        return written(one)

    assert changed("a.h5", fill(2), fill(4))["HDF5 /w chunk [2]"] == ("", "there")
    assert changed("a.h5", fill(4), fill(2))["HDF5 /w chunk [2]"] == ("there", "")


@pytest.mark.parametrize("chunks", [None, (1,)])
def test_names_texts_of_any_length(chunks: object) -> None:
    first, second = (hdf5(["a", "", it], chunks=chunks) for it in ("bb", "bc"))
    field = "chunk [2]: element [0]" if chunks else "element [2]"
    where = "HDF5 /g/w " if chunks else "HDF5 /g/w: "
    assert changed("a.h5", first, second) == {where + field: ("bb", "bc")}


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_names_values_types_and_order_of_attributes(version: str) -> None:
    def of(**attributes: object) -> bytes:
        return hdf5(version=version, attributes=attributes)

    first = of(unit="m", n=3, tags=["a", "b"], fixed=np.bytes_(b"ab"), whether=True)
    second = of(unit="s", n=4, tags=["a", "c"], fixed=np.bytes_(b"ac"), whether=False)
    found = changed("a.h5", first, second)
    assert {name.removeprefix("HDF5 /g/w attribute "): both for name, both in found.items()} == {
        "unit": ("m", "s"),
        "n": ("3", "4"),
        "tags": ("['a', 'b']", "['a', 'c']"),
        "fixed": ("ab", "ac"),
        "whether": ("1", "0"),
    }
    found = changed("a.h5", of(n=3), of(n=3.0))
    assert found["HDF5 /g/w attribute n type"] == ("int64", "float64")
    found = changed("a.h5", of(n=1, m=2), of(m=2, n=1))
    assert found == {"HDF5 /g/w attribute order": ("n, m", "m, n")}


def test_names_modification_times() -> None:
    first, second = hdf5(track_times=True), hdf5(track_times=False)
    (field,) = changed("a.h5", first, second)
    assert field == "HDF5 /g/w modification time"
    assert changed("a.h5", hdf5(version="latest", track_times=True), hdf5(version="latest")) != {}


def test_names_times_of_new_headers() -> None:
    first = hdf5(version="latest", track_times=True)
    header = next(it.start() for it in re.finditer(b"OHDR\2", first) if first[it.end()] & 0x20)
    second = put(first, header + 10, struct.pack("<I", 86400))
    ((field, (_, value)),) = changed("a.h5", first, second).items()
    assert field.endswith(" modification time")
    assert value == "86400 (1970-01-02 00:00:00 UTC)"


def test_names_types_shapes_layouts_and_filters() -> None:
    def field(first: bytes, second: bytes, name: str) -> tuple[str, str]:
        return changed("a.h5", first, second)[f"HDF5 /g/w {name}"]

    plain = hdf5(TABLE)
    assert field(plain, hdf5(TABLE.astype("f4")), "type") == ("float64", "float32")
    assert field(plain, hdf5(TABLE.reshape(10, 4)), "shape") == ("(4, 10)", "(10, 4)")
    chunked = hdf5(TABLE, chunks=(2, 5))
    assert field(plain, chunked, "layout") == ("one part", "chunks of (2, 5)")
    zipped = hdf5(TABLE, chunks=(2, 5), compression="gzip")
    assert field(chunked, zipped, "filters") == ("", "deflate 4")
    assert field(plain, hdf5(TABLE, fillvalue=3), "fill value")


def test_names_objects_that_one_side_lacks_and_their_order() -> None:
    def of(*names: str, **options: object) -> bytes:
        return written(lambda root: [root.create_group(name) for name in names], **options)

    assert changed("a.h5", of("a"), of("a", "b")) == {"HDF5 /b": ("", "there")}
    assert changed("a.h5", of("a", "b"), of("a"))["HDF5 /b"] == ("there", "")
    first, second = (of(*names, track_order=True) for names in ("ab", "ba"))
    assert changed("a.h5", first, second)["HDF5 order of objects"]


def test_reads_large_groups() -> None:
    def of(last: int) -> bytes:
        def fill(root: Any) -> None:
            for n in range(500):
                root.create_group(f"group {n}").attrs["n"] = last if n == 499 else n

        return written(fill)

    assert changed("a.h5", of(1), of(2)) == {"HDF5 /group 499 attribute n": ("1", "2")}


def test_follows_every_kind_of_link_once() -> None:
    def of(value: int) -> bytes:
        def fill(root: Any) -> None:
            root["a/b"] = value
            root["a/self"] = root["a"]
            root["soft"] = h5py.SoftLink("/a/b")

        return written(fill, libver="latest")

    assert list(changed("a.h5", of(1), of(2))) == [
        *("HDF5 /a/b: differing elements", "HDF5 /a/b: element []"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "values"),
    [
        (np.array([1], ">i2"), np.array([2], ">i2"), ("1", "2")),
        (np.array([1], "u1"), np.array([2], "u1"), ("1", "2")),
        (np.array([1], "f2"), np.array([2], "f2"), ("1.0", "2.0")),
        (np.array([b"ab"]), np.array([b"ac"]), ("ab", "ac")),
        (np.array([True]), np.array([False]), ("1", "0")),
        (np.array([1j]), np.array([2j]), None),
        (np.array([b"ab"], "V2"), np.array([b"ac"], "V2"), ("61 62", "61 63")),
    ],
)
def test_reads_every_kind_of_element(first: Any, second: Any, values: Any) -> None:
    found = changed("a.h5", hdf5(first), hdf5(second))
    (field,) = (field for field in found if "element [0]" in field)
    assert values is None or found[field] == values


def test_datasets_without_data_are_equal() -> None:
    def of(note: str) -> bytes:
        def fill(root: Any) -> None:
            root.create_dataset("w", (3,), "f4")
            root.create_dataset("none", data=h5py.Empty("f4"))
            root["type"] = np.dtype("f4")
            root.create_dataset("typed", (2,), root["type"])
            root.attrs["note"] = note

        return written(fill)

    assert changed("a.h5", of("a"), of("b")) == {"HDF5 / attribute note": ("a", "b")}


def test_compact_data_are_read() -> None:
    def of(value: int) -> bytes:
        def fill(root: Any) -> None:
            settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            settings.set_layout(h5py.h5d.COMPACT)
            space = h5py.h5s.create_simple((2,))
            made = h5py.h5d.create(root.id, b"w", h5py.h5t.NATIVE_INT32, space, settings)
            made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, value], "i4"))

        return written(fill)

    assert changed("a.h5", of(2), of(3))["HDF5 /w: element [1]"] == ("2", "3")


def test_new_indexes_of_chunks_are_not_read() -> None:
    first, second = (hdf5(it, version="latest", chunks=(2, 5)) for it in (TABLE, MOVED))
    assert list(explain(first, second)) == []


def test_equal_contents_have_no_changes() -> None:
    assert list(explain(hdf5(), hdf5())) == []


GOOD = hdf5(["a"], chunks=(1,), compression="gzip", attributes={"a": "b"})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89HDG" + GOOD[4:], "no HDF5"),
        (put(GOOD, 8, b"\7"), "superblock version 7"),
        (put(GOOD, 13, b"\4"), "offsets and lengths of 04 08"),
        (put(GOOD, 96, b"\3"), "header of version 3"),
        (GOOD[:200], "wanted"),
        (GOOD.replace(b"HEAP", b"HEAR"), "no HDF5 heap"),
        (GOOD.replace(b"SNOD", b"SNOB"), "no HDF5 symbols"),
        (GOOD.replace(b"TREE", b"TREF"), "no HDF5 tree"),
        (GOOD.replace(b"GCOL", b"GCOM"), "no HDF5 global heap"),
        (GOOD.replace(b"x\x5e", b"y\x5e"), "HDF5 chunk"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(content, content))


def test_reading_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "_OBJECTS", 1)
    with pytest.raises(ValueError, match="1 objects"):
        list(explain(GOOD, GOOD))


def test_parts_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5_objects, "_STEPS", 9)
    with pytest.raises(ValueError, match="more than 9 parts"):
        list(explain(GOOD, GOOD))


def chunk(data: bytes, partly: bool = False) -> Chunk:
    return Chunk(index=(0,), partly=partly, part=Part(content=data, start=0, size=len(data)))


def test_chunks_are_unpacked_within_bounds() -> None:
    assert hdf5_values.unfiltered(chunk(b"ab"), [], 2) == b"ab"
    assert hdf5_values.unfiltered(chunk(b"ab"), [], 1 << 30) is None
    assert hdf5_values.unfiltered(chunk(b"ab", True), [], 2) is None
    shuffle = Filter(number=2, values=(2,))
    assert hdf5_values.unfiltered(chunk(b"acbd."), [shuffle], 5) == b"abcd."
    assert hdf5_values.unfiltered(chunk(b"ab"), [Filter(number=2, values=(0,))], 2) == b"ab"
    assert hdf5_values.unfiltered(chunk(b"ab"), [Filter(number=2, values=())], 2) == b"ab"


def test_filters_of_both_versions_are_read() -> None:
    old = b"\1\1" + bytes(6) + struct.pack("<HHHH", 400, 8, 0, 1) + b"name\0\0\0\0" + bytes(8)
    new = b"\2\2" + struct.pack("<HHHI", 1, 0, 1, 6) + struct.pack("<HHHH", 400, 2, 0, 0) + b"n\0"
    assert list(map(str, hdf5_values.filters_of(old))) == ["filter 400 0"]
    assert list(map(str, hdf5_values.filters_of(new))) == ["deflate 6", "filter 400"]


def test_large_elements_are_not_read() -> None:
    with pytest.raises(ValueError, match="elements of 16777216 bytes"):
        hdf5_values.type_of(b"\x15\0\0\0\0\0\0\1")


def test_texts_that_are_not_there_are_empty() -> None:
    file = hdf5_objects.File(GOOD)
    assert hdf5_values._variable(file, bytes(16)) == ""


@pytest.mark.parametrize("head", [b"\1\0", b"\4\2", b"\3\7"])
def test_layouts_of_other_kinds_are_not_read(head: bytes) -> None:
    assert hdf5_values.layout_of(hdf5_objects.File(GOOD), 0, head) is None


def test_a_full_heap_ends_without_a_mark() -> None:
    file = hdf5_objects.File(
        GOOD + b"GCOL\1\0\0\0" + struct.pack("<QHHIQ", 40, 7, 0, 0, 5) + b"text\0    "
    )
    assert file.heap(len(GOOD)) == {7: (len(GOOD) + 32, 5)}
