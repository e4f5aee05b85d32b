"""MATLAB's files against what SciPy writes, and against what it reads."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from harness.formats.arrays import matlab as reader
from harness.formats.change import BeyondBoundError, Kind
from harness.formats.wording import spelled
from tests.formats.optional import matlab, scipy_io
from tests.formats.seeds import changed

TYPES = [*"bBhHiIqQfd", "D"]


def read(data: bytes) -> dict[str, object]:
    return reader._variables(data)


@settings(max_examples=40)
@given(
    kind=st.sampled_from(TYPES),
    shape=st.lists(st.integers(0, 4), min_size=2, max_size=3),
    seed=st.integers(0, 100),
)
def test_reads_the_numbers_that_scipy_wrote(kind: str, shape: list[int], seed: int) -> None:
    chance = np.random.default_rng(seed)
    value = (chance.random(shape) * 200 + (1j if kind == "D" else 0)).astype(kind)
    found = read(matlab(w=value))["w"]
    assert isinstance(found, np.ndarray)
    assert found.shape == value.shape
    assert np.array_equal(found, value)


def test_reads_texts_cells_structs_and_sparse_arrays() -> None:
    found = read(
        matlab(
            t="text",
            c=np.array(["p", "q"], dtype=object),
            s={"x": "one", "y": {"z": "deep"}},
            e={},
            p=sparse.csc_matrix([[0, 1.5j], [2, 0]]),
        )
    )
    parts = found.pop("p")
    assert found == {
        "t": "text",
        "c": ["p", "q"],
        "s": [{"x": "one", "y": [{"z": "deep"}]}],
        "e": [],
    }
    assert isinstance(parts, dict)
    assert {name: it.tolist() for name, it in parts.items()} == {
        "rows": [1, 0],
        "columns": [0, 1, 2],
        "values": [2.0, 0.0],
        "imaginary": [0.0, 1.5],
    }
    real = read(matlab(p=sparse.csc_matrix([[0, 1], [2, 0]])))["p"]
    assert isinstance(real, dict)
    assert list(real) == ["rows", "columns", "values"]


def test_names_elements() -> None:
    assert changed("a.mat", matlab(w=1), matlab(w=2))["MATLAB w: element [0, 0]"] == ("1", "2")


def test_the_time_of_making_is_a_time() -> None:
    (change,) = reader.explain(matlab(w=1), matlab(when=b"Mon Nov 30 01:20:11 2026", w=1))
    assert (spelled(change.place), change.kind) == ("MATLAB header", Kind.TIME)


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(kind: int, shape: tuple[int, ...], body: bytes, order: str = "<") -> bytes:
    """Return an array of a class, laid out by hand."""
    head = element(6, struct.pack(order + "II", kind, 0), order)
    head += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, head + element(1, b"w", order) + body, order)


def file(*elements: bytes, mark: bytes = b"IM") -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1" + mark + b"".join(elements)


def test_reads_either_order_of_bytes() -> None:
    body = element(9, struct.pack(">2d", 1, 2), ">")
    found = read(file(array(6, (1, 2), body, ">"), mark=b"MI"))["w"]
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [[1.0, 2.0]]


def test_small_elements_lie_in_their_tags() -> None:
    found = read(file(array(9, (1, 2), struct.pack("<HH", 2, 2) + b"\7\x08\0\0")))["w"]
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [[7, 8]]


def test_tells_the_same_values_in_another_encoding() -> None:
    value = np.zeros(100)
    plain, packed = io.BytesIO(), io.BytesIO()
    for target, is_packed in ((plain, False), (packed, True)):
        scipy_io.savemat(target, {"w": value}, do_compression=is_packed)
    ours, theirs = (it.getvalue()[:100].ljust(116) + it.getvalue()[116:] for it in (plain, packed))
    assert list(changed("a.mat", ours, ours[:116] + theirs[116:])) == ["MATLAB encoding"]
    assert list(reader.explain(ours, ours)) == []


def test_what_is_no_array_is_stepped_over_or_kept_as_bytes() -> None:
    assert read(file(element(1, b"x"), array(17, (1, 1), b"rest....")))["w"] == b"rest...."
    assert read(file(element(14, b"")))[""] is None
    assert read(file(array(1, (1, 1), element(14, b""))))["w"] == [None]


def nested(depth: int) -> bytes:
    body = element(14, b"")
    for _ in range(depth):
        body = array(1, (1, 1), body)
    return body


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (file(mark=b"XX"), "no MATLAB file"),
        (file(element(14, element(3, b""))), "wanted|shape"),
        (file(array(6, (1, 3), element(9, bytes(16)))), "reshape"),
        (file(array(6, (-1, 3), b"")), "shape"),
        (file(array(6, (1, 1), element(14, b""))), "of type 14 instead of numbers"),
        (file(array(1, (1, 1), element(9, bytes(8)))), "of type 9 instead of an array"),
        (file(nested(40)), "nested more than 30"),
        (file(element(15, b"no zlib")), "damaged"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(content)


def test_size_and_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zlib.compress(array(6, (1, 1), element(9, bytes(8))))
    good = file(struct.pack("<II", 15, len(packed)) + packed)
    assert list(read(good)) == ["w"]
    monkeypatch.setattr(reader, "_UNPACKED", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
        read(good)
    monkeypatch.setattr(reader, "_ELEMENTS", 0)
    with pytest.raises(BeyondBoundError, match="more than 0 elements"):
        read(good)
    monkeypatch.setattr(reader, "_LARGEST", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
        read(good)
