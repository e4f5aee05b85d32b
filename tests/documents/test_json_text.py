import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.json_text import items, whole

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(_VALUES, st.integers(0, 3), st.sampled_from(["", " ", "\n\t"]))
def test_the_parts_of_a_value_are_its_items(value: Any, indent: int, space: str) -> None:
    text = space + json.dumps(value, indent=indent or None) + space
    start, end = whole(text)
    assert json.loads(text[start:end]) == value
    if isinstance(value, dict):
        assert {name: json.loads(text[a:b]) for name, a, b in items(text, start)} == value
    elif isinstance(value, list):
        assert [(name, json.loads(text[a:b])) for name, a, b in items(text, start)] == [
            (None, item) for item in value
        ]


def test_a_number_keeps_its_text() -> None:
    text = "[1.0, 12345678901234567890.100, 1E-7]"
    assert [text[a:b] for _, a, b in items(text, 0)] == text[1:-1].split(", ")


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a" 1}', '{"a": }', "{1: 2}", "[1,]", "[1 2]", '{"a": 1,}', "1 2", "[" * 9999],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        whole(text)
    if text[:1] in {"[", "{"}:
        with pytest.raises((ValueError, RecursionError)):
            list(items(text, 0))


@given(st.text('[]{},:"\\1 a'))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(ValueError):
        start, _ = whole(text)
        if text[start] in "[{":
            json.loads(text)
            list(items(text, start))
