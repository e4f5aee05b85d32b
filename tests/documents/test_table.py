from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.table import Table, describe
from harness.errors import InputError
from tests.damaged_documents import VALUES, accepted_or_refused_at


def _upper(text: str) -> str:
    if not text.isupper():
        raise ValueError("not upper case")
    return text


def test_names_the_key_path_down_to_the_value() -> None:
    table = Table({"a": {"b": [{"c": 1}]}}, "env.toml")
    with pytest.raises(InputError) as error:
        table.table("a").tables("b")[0].text("c")
    assert str(error.value) == "env.toml: a.b[0].c: expected a string, found an integer ('1')"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "a boolean ('True')"),
        (1.5, "a float ('1.5')"),
        ("x" * 50, f"a string ('{'x' * 40}')"),
        ([1], "an array"),
        ({}, "a table"),
        (None, "null ('None')"),
        (date(2026, 1, 2), "a date or time ('2026-01-02')"),
    ],
)
def test_describes_a_value_as_toml_names_it(value: Any, expected: str) -> None:
    assert describe(value) == expected


def test_does_not_print_an_integer_that_python_refuses_to_print() -> None:
    assert describe(16**5000) == "an integer of more than 64 bits"


def test_a_missing_key_says_what_it_should_hold() -> None:
    with pytest.raises(InputError, match=r"^f: size: missing; expected an integer$"):
        Table({}, "f").number("size")


def test_a_boolean_is_not_an_integer() -> None:
    with pytest.raises(InputError, match="expected an integer, found a boolean"):
        Table({"size": True}, "f").number("size")


def test_what_is_not_a_table_is_refused() -> None:
    with pytest.raises(InputError, match=r"^f: expected a table, found an array$"):
        Table([], "f")


def test_an_array_of_strings_names_the_element_that_is_none() -> None:
    with pytest.raises(InputError, match=r"^f: a\[1\]: expected a string, found an integer"):
        Table({"a": ["x", 2]}, "f").texts("a")


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    table = Table({"dependancies": []}, "env.toml")
    table.texts("dependencies", ())
    with pytest.raises(InputError, match=r"unknown key; did you mean 'dependencies'\?"):
        table.finish()


def test_an_unknown_key_that_is_like_none_gets_no_suggestion() -> None:
    with pytest.raises(InputError, match=r"unknown key$"):
        Table({"zzz": 1}, "f").finish()


def test_keys_that_were_asked_for_are_known() -> None:
    table = Table({"a": "x", "b": {"c": True}}, "f")
    assert "a" in table
    assert table.names() == ["a", "b"]
    assert table.table("b").flag("c", default=False)
    assert not table.table("none").flag("c", default=False)
    table.finish()


@given(document=st.dictionaries(st.sampled_from(["a", "b"]), VALUES))
def test_any_value_is_read_or_refused_with_its_place(document: dict[str, Any]) -> None:
    table = Table(document, "f")
    readers = (table.text, table.number, table.texts, table.tables, table.table)
    for read in readers:
        for key in ("a", "b"):
            with accepted_or_refused_at(f"f: {key}"):
                read(key)


def test_a_missing_key_that_was_misspelt_is_recognised() -> None:
    table = Table({"dependancies": []}, "env.toml")
    with pytest.raises(InputError, match=r"dependencies: missing.*; is 'dependancies' meant\?"):
        table.texts("dependencies")


def test_a_text_may_be_missing_or_null() -> None:
    table = Table({"a": "x", "b": None, "c": 1}, "env.toml")
    assert [table.text_if_any(key) for key in ("a", "b", "d")] == ["x", None, None]
    with pytest.raises(InputError, match=r"env\.toml: c: expected a string, found an integer"):
        table.text_if_any("c")
