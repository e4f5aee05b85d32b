from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator

from harness.documents.decode import decode_whole, require
from harness.documents.key import Key, Keys
from harness.documents.reference import path
from harness.documents.schema import defaults, rows, schema
from harness.errors import InputError
from tests.documents import sample
from tests.documents.sample import Beside, Whole

WHOLE = schema(Whole, Beside)
_ROWS = list(rows(WHOLE))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(WHOLE)
    assert WHOLE["required"] == ["title-text"]
    assert list(WHOLE["properties"])[-2:] == ["limits", "extra"]


@pytest.mark.parametrize(
    ("document", "is_valid"),
    [
        ({"title-text": "a"}, True),
        ({"title-text": "a", "extra": "x", "parts": [{"name": "b", "until": "2027-01-31"}]}, True),
        ({}, False),
        ({"title-text": "A"}, False),
        ({"title-text": "a", "other": 1}, False),
        ({"title-text": "a", "colour": "blue"}, False),
        ({"title-text": "a", "limits": {"most": 0}}, False),
        ({"title-text": "a", "sides": ["up"]}, False),
        ({"title-text": "a", "words": {"A": "b"}}, False),
        ({"title-text": "a", "words": {"a": 1}}, False),
        ({"title-text": "a", "parts": [{"until": "2027-01-31"}]}, False),
    ],
)
def test_an_editor_and_the_decoder_agree(document: dict[str, Any], is_valid: bool) -> None:
    assert Draft202012Validator(WHOLE).is_valid(document) is is_valid
    if is_valid:
        require((Whole, Beside), document, "f")
    else:
        with pytest.raises(InputError):
            require((Whole, Beside), document, "f")


def test_two_owners_may_have_tables_of_one_name() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Limits(Keys):
        """Others of the same name."""

        far: Annotated[int, Key("How far.", 1)] = 0

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Other(Keys):
        """Another owner."""

        others: Limits = Limits()

    assert [path(row) for row in rows(schema(Whole, Other))][-3:] == [
        "limits.least",
        "limits.most",
        "others.far",
    ]


def test_each_key_has_a_row_in_the_order_of_the_class() -> None:
    assert [path(row) for row in _ROWS] == [
        "title-text",
        "colour",
        "order",
        "names",
        "sides",
        "even",
        "is-on",
        "parts",
        "parts.name",
        "parts.until",
        "by-name",
        "by-name.*.name",
        "by-name.*.until",
        "words",
        "limits.least",
        "limits.most",
        "extra",
    ]


def test_what_a_default_is_documented_as_is_the_default() -> None:
    assert defaults(WHOLE) == {
        "colour": "green",
        "order": "down",
        "sides": [],
        "even": 0,
        "is-on": False,
        "parts": [],
        "by-name": {},
        "words": {},
        "limits": {"least": 0.5, "most": 10},
        "extra": "",
    }
    assert decode_whole(Whole, {"title-text": "a"}, "f").limits == sample.Limits()
