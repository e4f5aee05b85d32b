"""The wire format of protocol buffers: what the library wrote is read, damage is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto

from harness.formats.arrays import protobuf
from harness.formats.arrays.protobuf import Field, Reader, values
from harness.formats.elements import Part

INT64 = st.integers(-(2**63), 2**63 - 1)


def whole(data: bytes) -> Part:
    return Part(content=data, start=0, size=len(data))


def fields(data: bytes) -> list[Field]:
    return list(Reader().fields(whole(data)))


@given(
    i=INT64,
    f=st.floats(width=32, allow_nan=False),
    name=st.text(st.characters(codec="utf-8")),
    ints=st.lists(INT64, min_size=1),
)
def test_reads_what_the_library_wrote(i: int, f: float, name: str, ints: list[int]) -> None:
    message = AttributeProto(i=i, f=f, name=name, ints=ints)
    kinds = {1: "text", 2: "float", 3: "int", 8: "int"}
    found: dict[int, list[object]] = {}
    for field in fields(message.SerializeToString()):
        found.setdefault(field.number, []).extend(values(field, kinds[field.number]))
    assert found == {1: [name], 2: [f], 3: [i], 8: ints}


def test_long_values_are_named_by_their_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf, "_READ", 2)
    (field,) = fields(b"\x0a\3abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert values(field, "text") == [f"3 bytes, SHA-256 {digest}"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x0a\3ab", "3 bytes wanted"),
        (b"\x0b", "wire type 3"),
        (b"\2\0", "field 0"),
        (b"\xff" * 11, "more than 10 bytes"),
        (b"\x08\xff", "1 bytes wanted"),
        (b"\x0d\0\0\0", "4 bytes wanted"),
    ],
)
def test_damage_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields(data)


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b"\x0a\3abc", "float", "float of 3 bytes"),
        (b"\x09" + bytes(8), "text", "no text"),
        (b"\x0a\1\xff", "int", "wanted"),
    ],
)
def test_values_of_another_kind_are_refused(data: bytes, kind: str, reason: str) -> None:
    (field,) = fields(data)
    with pytest.raises(ValueError, match=reason):
        values(field, kind)


def test_the_number_of_fields_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf, "_FIELDS", 3)
    reader = Reader()
    assert len(list(reader.fields(whole(b"\x08\1" * 2)))) == 2
    with pytest.raises(ValueError, match="is not read"):
        list(reader.fields(whole(b"\x08\1" * 2)))


def test_same_compares_all_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf, "_CHUNK", 2)
    assert protobuf.same(whole(b"abcde"), whole(b"abcde"))
    assert not protobuf.same(whole(b"abcde"), whole(b"abcdf"))
    assert not protobuf.same(whole(b"abcde"), whole(b"abcd"))
