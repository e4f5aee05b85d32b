import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents import document
from harness.errors import InputError
from tests.damaged_documents import accepted_or_refused_at

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(_JSON)
def test_reads_what_it_writes(value: Any) -> None:
    assert document.decode(document.encode({"a": value}), "x") == {"a": value}


@given(_JSON)
def test_reads_what_another_program_writes(value: Any) -> None:
    assert document.decode(json.dumps(value, indent=2).encode(), "x") == value


@given(st.binary() | st.text('[]{}":,\\ud8-1eNaI \n').map(str.encode))
def test_accepts_or_refuses_any_bytes(data: bytes) -> None:
    with accepted_or_refused_at("x: "):
        document.decode(data, "x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a": 1, "a": 2}', "a key stands twice in one object"),
        (b"[NaN]", "NaN is not a number"),
        (b"-Infinity", "-Infinity is not a number"),
        (b'"\\ud800"', "utf-8: surrogates not allowed at 0"),
        (b'{"\\ud800": 1}', "utf-8: surrogates not allowed at 0"),
        (b"\xff", "utf-8: invalid start byte at 0"),
        (b"[1", "Expecting ',' delimiter: line 1 column 3 (char 2)"),
    ],
)
def test_refuses_what_readers_take_differently(text: bytes, reason: str) -> None:
    with pytest.raises(InputError) as error:
        document.decode(text, "a.jsonl")
    assert str(error.value) == f"a.jsonl: not JSON that harness accepts: {reason}"


@pytest.mark.parametrize("depth", [33, 200_000])
def test_refuses_deep_nesting(depth: int) -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        document.decode(b"[" * depth + b"]" * depth, "x")


def test_refuses_what_is_too_large_without_reading_it() -> None:
    with pytest.raises(InputError, match="33554433 bytes, more than 33554432"):
        document.decode(b"[" * (2**25 + 1), "x")
