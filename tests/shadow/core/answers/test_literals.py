import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.shadow.core.answers import literals

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=20,
)


def valued(document: Any) -> Any:
    """Return what json.loads makes of the same document, as text, where NaN equals itself."""
    match document:
        case bytes():
            return repr(json.loads(document))
        case dict():
            return {key: valued(value) for key, value in document.items()}
        case list():
            return [valued(value) for value in document]
    return document if isinstance(document, bool | str | None) else repr(document)


@given(DOCUMENTS)
def test_reads_what_json_reads(document: Any) -> None:
    text = json.dumps(document)
    assert valued(literals.decode(text.encode())) == valued(json.loads(text))


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_read_or_refused(body: bytes) -> None:
    try:
        literals.decode(body)
    except ValueError:
        return
    json.loads(body.decode())


@pytest.mark.parametrize(
    "literal", ["9007199254740993", "0.1000000000000000055511151231257827", "1e400", "-0.0", "1.50"]
)
def test_a_number_stays_as_it_was_written(literal: str) -> None:
    assert literals.decode(f"[{literal}]".encode()) == [literal.encode()]


def test_one_true_and_text_are_four_things() -> None:
    document = literals.decode(b'[1, 1.0, "1", true]')
    assert [item == document[0] for item in document] == [True, False, False, False]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"{} {}"])
def test_refuses_what_is_not_one_document(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        literals.decode(body)


def test_tells_integers() -> None:
    assert literals.are_integers([b"1", b"-20"])
    assert not literals.are_integers([b"1", b"2e0"])


@given(st.integers(-(10**50), 10**50), st.integers(-50, 50))
def test_exact_values_have_all_digits(number: int, exponent: int) -> None:
    assert literals.exact(f"{number}e{exponent}".encode()) == number * Fraction(10) ** exponent


@pytest.mark.parametrize(
    "literal", [b"NaN", b"-Infinity", b"1e1001", b"1e-99999999999999999999", b"9" * 1001]
)
def test_what_is_too_long_to_work_with_has_no_exact_value(literal: bytes) -> None:
    assert literals.exact(literal) is None


def test_a_key_that_comes_again_keeps_its_value() -> None:
    found = literals.decode(b'{"a": 1, "b": 2, "a": 3, "a": 4, "a (again)": 5}')
    assert found == {
        "a": b"1",
        "b": b"2",
        "a (again)": b"3",
        "a (again 2)": b"4",
        "a (again) (again)": b"5",
    }
    assert list(found) == ["a", "b", "a (again)", "a (again 2)", "a (again) (again)"]
