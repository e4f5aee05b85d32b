"""npy and npz: header fields, elements by index, distances in ULPs.

The layout is that of NumPy Enhancement Proposal 1; the first content is what NumPy 2.2 writes.
"""

import pickle
import struct

import pytest

from harness.formats import elements
from harness.formats.arrays.numpy_arrays import explain
from harness.formats.wording import spelled
from tests.formats.samples import npy
from tests.formats.seeds import changed, zipped

ARANGE = b"\x93NUMPY\1\0v\0"
ARANGE += b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".ljust(117) + b"\n"
ARANGE += struct.pack("<6f", 0, 1, 2, 3, 4, 5)


def found(descr: object, first: bytes, second: bytes, shape: object = (1,)) -> tuple[str, str, str]:
    """Return field and both values of the first element that differs."""
    change = list(explain(npy(descr, shape, first), npy(descr, shape, second)))[1]
    return spelled(change.place), change.texts[0], change.texts[1]


def test_names_index_values_and_distance_of_what_numpy_wrote() -> None:
    moved = ARANGE[:-4] + struct.pack("<I", struct.unpack("<I", ARANGE[-4:])[0] + 2)
    summary, change = explain(ARANGE, moved)
    assert (spelled(summary.place), summary.texts[0]) == ("npy differing elements", "1 of 6")
    assert spelled(change.place) == "npy element [1, 2] differs by 2 ULP"
    assert (change.texts[0], change.texts[1]) == ("5.0", "5.000000953674316")
    assert change.offset == len(ARANGE) - 4


def test_column_major_arrays_are_indexed_first_dimension_first() -> None:
    first, second = (npy("|u1", (2, 3), bytes([0, 1, 2, 3, 4, x]), True) for x in (5, 6))
    assert [spelled(change.place) for change in explain(first, second)][1] == "npy element [1, 2]"
    first, second = (npy("|u1", (2, 3), bytes([0, x, 2, 3, 4, 5]), True) for x in (5, 6))
    assert [spelled(change.place) for change in explain(first, second)][1] == "npy element [1, 0]"


def test_header_fields_are_named() -> None:
    assert changed("a.npy", npy("<f4", (1,), bytes(4)), npy(">f4", (1,), bytes(4))) == {
        "npy header descr": ("<f4", ">f4")
    }
    assert changed("a.npy", npy("<f4", (1, 2), bytes(8)), npy("<f4", (2, 1), bytes(8))) == {
        "npy header shape": ("(1, 2)", "(2, 1)")
    }
    assert changed("a.npy", npy("<f4", (1,), bytes(4)), npy("<f4", (1,), bytes(4), True)) == {
        "npy header fortran_order": ("False", "True")
    }
    assert changed("a.npy", npy("<f4", (1,), bytes(4)), npy("<f4", (1,), bytes(4), version=2)) == {
        "npy format version": ("1.0", "2.0")
    }


def test_padding_of_the_header_is_named() -> None:
    first = npy("<f4", (1,), bytes(4))
    second = first[:8] + struct.pack("<H", first[8] + 1) + first[10:-4] + b" " + first[-4:]
    assert [spelled(change.place) for change in explain(first, second)] == ["npy header text"]


@pytest.mark.parametrize(
    ("descr", "first", "second", "change"),
    [
        ("|b1", b"\0", b"\1", ("npy element [0]", "False", "True")),
        (">i2", b"\0\1", b"\0\2", ("npy element [0]", "1", "2")),
        (">f8", struct.pack(">d", -1.0), struct.pack(">d", -1.0000000000000002),
         ("npy element [0] differs by 1 ULP", "-1.0", "-1.0000000000000002")),
        ("<f2", struct.pack("<e", 0.0), struct.pack("<e", -0.0),
         ("npy element [0] differs by 0 ULP", "0.0", "-0.0")),
        ("<f4", struct.pack("<f", 1.0), struct.pack("<f", float("nan")),
         ("npy element [0]", "1.0", "nan")),
        ("<c8", struct.pack("<2f", 1, 2), struct.pack("<2f", 1, 3),
         ("npy element [0]", "(1+2j)", "(1+3j)")),
        ("<M8[ns]", struct.pack("<q", 7), struct.pack("<q", 8), ("npy element [0]", "7", "8")),
        ("<U2", b"a\0\0\0b\0\0\0", b"c\0\0\0\0\0\0\0", ("npy element [0]", "ab", "c")),
        (">U1", "a".encode("utf-32-be"), "c".encode("utf-32-be"), ("npy element [0]", "a", "c")),
        ("|S2", b"ab", b"c\0", ("npy element [0]", "b'ab'", "b'c'")),
        ("|V2", b"ab", b"ac", ("npy element [0]", "61 62", "61 63")),
        ([("a", "<i2"), ("b", "|u1", (2,)), ("c", "|u1", 1)], b"\0\0\1\2\3", b"\0\0\1\2\4",
         ("npy element [0]", "00 00 01 02 03", "00 00 01 02 04")),
    ],
)  # fmt: skip
def test_every_kind_of_element_is_read(
    descr: object, first: bytes, second: bytes, change: tuple[str, str, str]
) -> None:
    assert found(descr, first, second) == change


def test_arrays_of_objects_are_explained_as_pickles() -> None:
    first, second = (npy("|O", (1,), pickle.dumps([text], 4)) for text in ("a", "b"))
    assert [spelled(c.place).split(":")[0] for c in explain(first, second)] == ["npy objects"]


def test_an_npz_names_the_array() -> None:
    first, second = (
        zipped(names=("w.npy",), data=npy("|u1", (2,), data)) for data in (b"ab", b"ac")
    )
    assert changed("a.npz", first, second)["member w.npy: npy element [1]"] == ("98", "99")


def test_counting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "_CHUNK", 2)
    first, second = npy("|u1", (9,), bytes(9)), npy("|u1", (9,), b"\0" + b"\1" * 8)
    assert next(explain(first, second)).first == "8 of 9"
    monkeypatch.setattr(elements, "_COUNTED", 2)
    assert next(explain(first, second)).first == "more than 6 of 9"


def test_equal_contents_have_no_changes() -> None:
    assert list(explain(ARANGE, ARANGE)) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x93NUMPZ" + ARANGE[6:], "no npy"),
        (ARANGE[:6] + b"\4" + ARANGE[7:], "version 4"),
        (b"\x93NUMPY\2\0\0\0\2\0", "header of 131072 bytes"),
        (ARANGE.replace(b"'shape'", b"'shapf'"), "lacks"),
        (ARANGE.replace(b"{'", b"('"), "npy header"),
        (npy("<f4", (2, 3), bytes(23)), "takes 24 bytes"),
        (npy("<f4", 3, bytes(4)), "no shape"),
        (npy("<f4", (-1,), bytes(4)), "no shape"),
        (npy("<f3", (1,), bytes(3)), "'float24' is not known"),
        (npy("f, i", (1,), bytes(3)), "descr 'f, i'"),
        (npy("|V0", (1,), b""), "0 bytes"),
        (npy(["<f4"], (1,), bytes(4)), "descr holds <f4"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(content, content))
