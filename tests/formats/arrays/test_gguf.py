"""GGUF, laid out by hand from ggml's documentation."""

import struct

import pytest

from harness.formats.arrays import gguf as reader
from tests.formats.optional import gguf
from tests.formats.seeds import changed

Tensor = tuple[int, tuple[int, ...], bytes]


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def found(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    return changed("a.gguf", first, second)


def test_names_version_and_metadata() -> None:
    assert found(gguf(version=2), gguf(version=3)) == {"GGUF version": ("2", "3")}
    tokens = struct.pack("<IQ", 8, 2) + text("a")
    ours, theirs = (
        gguf({"llama.block_count": (4, struct.pack("<I", n)), "tokens": (9, tokens + text(last))})
        for n, last in ((1, "b"), (2, "c"))
    )
    assert found(ours, theirs) == {
        "GGUF metadata llama.block_count": ("1", "2"),
        "GGUF metadata tokens": ("('a', 'b')", "('a', 'c')"),
    }
    ours, theirs = (gguf({"a": (9, struct.pack("<IQ2f", 6, 2, 1, n))}) for n in (2, 3))
    assert found(ours, theirs) == {"GGUF metadata a": ("(1.0, 2.0)", "(1.0, 3.0)")}


def test_names_tensors_their_types_and_shapes() -> None:
    one: Tensor = (0, (2,), struct.pack("<2f", 1, 2))
    half: Tensor = (1, (2,), struct.pack("<2e", 1, 2))
    assert found(gguf(tensors={"a": one, "b": one}), gguf(tensors={"b": one, "a": one})) == {
        "GGUF tensor order": ("a, b", "b, a")
    }
    assert found(gguf(tensors={"a": one}), gguf(tensors={"a": half})) == {
        "GGUF tensor a: type": ("float32", "float16")
    }
    assert list(found(gguf(tensors={"a": one}), gguf(tensors={}))) == [
        "GGUF tensor a: type",
        "GGUF tensor a: shape",
    ]


def test_names_elements_with_the_fastest_dimension_last() -> None:
    ours, theirs = (
        gguf(tensors={"a": (26, (3, 2), struct.pack("<6i", 0, 1, 2, 3, last, 5))})
        for last in (4, 7)
    )
    assert found(ours, theirs)["GGUF tensor a: element [1, 1]"] == ("4", "7")


def test_packed_blocks_are_compared_as_bytes() -> None:
    ours, theirs = (gguf(tensors={"a": (8, (32,), bytes(33) + end)}) for end in (b"\1", b"\2"))
    assert found(ours, theirs)["GGUF tensor a: element [33]"] == ("01", "02")
    longer = gguf(tensors={"a": (8, (32,), bytes(70))})
    assert found(ours, longer) == {"GGUF tensor a: size": ("64", "96")}
    assert found(
        gguf(tensors={"a": (99, (1,), b"\1")}), gguf(tensors={"a": (30, (1,), b"\1\1")})
    ) == {"GGUF tensor a: type": ("type 99", "bfloat16")}
    both = {"a": (8, (32,), bytes(40)), "b": (8, (32,), bytes(40))}
    assert found(gguf(tensors=both), gguf(tensors=both | {"b": (8, (32,), b"\1" * 40)}))[
        "GGUF tensor b: element [0]"
    ] == ("00", "01")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gguf(version=1), "version 1"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 1 << 40, 0), "more than 200000"),
        (gguf({"general.alignment": (4, struct.pack("<I", 0))}), "alignment 0"),
        (gguf({"general.alignment": (8, text("x"))}), "alignment x"),
        (gguf(tensors={"a": (0, (1,) * 9, b"")}), "9 dimensions"),
        (gguf(tensors={"a": (0, (99,), b"")}), "bytes at"),
        (gguf({"a": (99, b"")}), "type 99"),
        (gguf({"a": (9, struct.pack("<IQ", 9, 1) * 9)}), "4 deep"),
        (gguf({"a": (9, struct.pack("<IQ", 0, 1 << 40))}), "items"),
        (gguf({"a": (8, struct.pack("<Q", 1 << 40))}), "text of"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(reader.explain(content, gguf()))
