"""MessagePack and CBOR against what their libraries write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.change import BeyondBoundError
from harness.formats.documents import packed
from tests.formats.optional import cbor2, msgpack
from tests.formats.seeds import changed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=VALUES)
def test_reads_what_the_libraries_wrote(value: object) -> None:
    assert packed._read("a", packed._msgpack, msgpack.packb(value)) == value
    assert packed._read("a", packed._cbor, cbor2.dumps(value)) == value


@pytest.mark.parametrize("pack", [msgpack.packb, cbor2.dumps])
def test_names_the_value_by_its_path(pack: object) -> None:
    assert callable(pack)
    path = "a.cbor" if pack is cbor2.dumps else "a.msgpack"
    ours, theirs = ({"a": {"b c": [1, {"d": n}]}, 7: "x"} for n in (1.5, 2.5))
    assert changed(path, pack(ours), pack(theirs)) == {'$.a["b c"][1].d': ("1.5", "2.5")}
    assert changed(path, pack(1) + pack(2), pack(1) + pack(3)) == {"$[1]": ("2", "3")}


def test_tells_the_same_values_in_another_encoding() -> None:
    assert changed("a.msgpack", b"\x01", b"\xcc\x01") == {
        "MessagePack encoding": ("same values in 1 bytes", "same values in 2 bytes")
    }
    assert list(changed("a.cbor", b"\x01", b"\x18\x01")) == ["CBOR encoding"]
    assert list(packed.explain_cbor(b"\x01", b"\x01")) == []


def test_tags_and_extensions_are_shown() -> None:
    ours, theirs = (cbor2.dumps(cbor2.CBORTag(6000, n)) for n in (1, 2))
    assert changed("a.cbor", ours, theirs) == {"$": ('"CBORTag(6000, 1)"', '"CBORTag(6000, 2)"')}
    ours, theirs = (msgpack.packb(msgpack.ExtType(5, data)) for data in (b"a", b"b"))
    assert changed("a.msgpack", ours, theirs) == {"$[1]": ("b'a'", "b'b'")}


@pytest.mark.parametrize(
    ("explain", "data"),
    [
        (packed.explain_msgpack, b"\x92\x01"),
        (packed.explain_msgpack, b"\xc1"),
        (packed.explain_cbor, b"\x82\x01"),
        (packed.explain_cbor, b"\xff"),
    ],
)
def test_damage_is_refused(explain: object, data: bytes) -> None:
    assert callable(explain)
    with pytest.raises(ValueError, match=r"MessagePack|CBOR"):
        list(explain(data, data))


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_LARGEST", 1)
    with pytest.raises(BeyondBoundError, match="more than 1 bytes"):
        list(packed.explain_cbor(b"\x82\x01\x01", b"\x01"))
