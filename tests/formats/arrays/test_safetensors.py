"""Safetensors: metadata, types, shapes, elements and places, in what the library writes."""

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import save

from harness.formats.arrays.safetensors import explain
from harness.formats.wording import spelled
from tests.formats.seeds import changed

WEIGHTS = np.arange(6, dtype=np.float32).reshape(2, 3)
TYPED = {"type": "F32", "shape": (2, 3)}


def laid_out(header: object, data: bytes = b"") -> bytes:
    """Return a file with a header that no library would write."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype: str, shape: object, begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_names_the_element_and_its_distance() -> None:
    moved = WEIGHTS.copy()
    moved[1, 2] = np.nextafter(np.float32(5), np.float32(6))
    assert changed("a.safetensors", save({"w": WEIGHTS}), save({"w": moved})) == {
        "safetensors tensor w: differing elements": ("1 of 6", "1 of 6"),
        "safetensors tensor w: element [1, 2] differs by 1 ULP": ("5.0", "5.000000476837158"),
    }


def test_names_metadata_first() -> None:
    first, second = (save({"w": WEIGHTS}, {"format": text}) for text in ("np", "pt"))
    (change,) = explain(first, second)
    assert (spelled(change.place), change.texts[0], change.texts[1], change.offset) == (
        *("safetensors metadata format", "np", "pt"),
        8,
    )


def test_names_type_and_shape() -> None:
    assert changed("a", save({"w": WEIGHTS}), save({"w": WEIGHTS.reshape(3, 2)})) == {
        "safetensors tensor w: shape": ("(2, 3)", "(3, 2)")
    }
    assert changed("a", save({"w": WEIGHTS}), save({"w": WEIGHTS.view(np.int32)})) == {
        "safetensors tensor w: type": ("F32", "I32")
    }


def test_names_tensors_that_one_side_lacks() -> None:
    one, both, text = {"w": WEIGHTS}, {"w": WEIGHTS, "b": WEIGHTS}, str(TYPED)
    assert changed("a", save(one), save(both))["safetensors tensor b"] == ("", text)
    assert changed("a", save(both), save(one))["safetensors tensor b"] == (text, "")


def test_names_the_order_of_tensors_and_of_their_elements() -> None:
    one, other = tensor("U8", [1], 0, 1), tensor("U8", [1], 1, 2)
    first = laid_out({"a": one, "b": other}, b"xy")
    assert changed("a", first, laid_out({"b": other, "a": one}, b"xy")) == {
        "safetensors tensor order": ("a, b", "b, a"),
        "safetensors header text": changed("a", first, laid_out({"b": other, "a": one}, b"xy"))[
            "safetensors header text"
        ],
    }
    assert changed("a", first, laid_out({"a": other, "b": one}, b"yx"))[
        "safetensors place of tensor a"
    ] == ("0 to 1", "1 to 2")


def test_padding_of_the_header_is_named() -> None:
    first = save({"w": WEIGHTS})
    size = struct.unpack("<Q", first[:8])[0]
    second = struct.pack("<Q", size + 8) + first[8 : 8 + size] + b" " * 8 + first[8 + size :]
    assert [spelled(change.place) for change in explain(first, second)] == [
        "safetensors header text"
    ]


def test_types_that_c_lacks_are_compared_as_bytes() -> None:
    first, second = (laid_out({"w": tensor("F4", [2, 2], 0, 2)}, data) for data in (b"ab", b"ac"))
    assert changed("a", first, second)["safetensors tensor w: element [1]"] == ("62", "63")


def test_equal_contents_have_no_changes() -> None:
    assert list(explain(save({"w": WEIGHTS}), save({"w": WEIGHTS}))) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\0" * 7, "8 bytes wanted"),
        (struct.pack("<Q", 1 << 40), "is not read"),
        (struct.pack("<Q", 9) + b"{}", "9 bytes wanted"),
        (laid_out(b"{"), "Expecting"),
        (laid_out(b"[" * 200_000), "recursion"),
        (laid_out([]), "header is"),
        (laid_out({"__metadata__": 3}), "header is"),
        (laid_out({"w": 3}), "tensor is 3"),
        (laid_out({"w": {"dtype": "U8"}}), "tensor is"),
        (laid_out({"w": tensor("U8", [2], 0, 2)}, b"a"), "2 bytes at"),
        (laid_out({"w": tensor("U8", [2], 1, 0)}, b"a"), "-1 bytes at"),
        (laid_out({"w": tensor("U8", 2, 0, 1)}, b"a"), "no shape"),
        (laid_out({"w": tensor("U8", [2], 0, 1)}, b"a"), "takes 2 bytes"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(content, content))
