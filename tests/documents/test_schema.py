import tomllib
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator

from harness.documents.decode import decode_whole, require
from harness.documents.key import Key, Keys
from harness.documents.reference import example, inline, page, path
from harness.documents.schema import Row, defaults, rows, schema
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


@pytest.mark.parametrize("row", _ROWS, ids=path)
def test_the_example_of_each_key_is_valid(row: Row) -> None:
    document = tomllib.loads(
        f'title-text = "a"\n{example(WHOLE, row)}'.replace(
            'title-text = "a"\ntitle-text', "title-text"
        )
    )
    for inside in ("parts", "by-name"):
        for one in [*document.get(inside, ())]:
            (one if inside == "parts" else document[inside][one]).setdefault("name", "b")
    require((Whole, Beside), document, "f")


def test_the_page_tells_meaning_kind_default_and_example() -> None:
    text = "".join(page(WHOLE))
    for section in (
        '## title-text\n\nA title.\n\n*string; required*\n\n```toml\ntitle-text = "a b"\n```\n',
        '## colour\n\nA colour.\n\n*one of `red`, `green`; default: "green"*\n',
        "## names\n\nNames.\n\n*array of strings; default: nobody*\n",
        "## sides\n\nSides.\n\n*array of strings; default: []*\n",
        "*boolean; default: false*\n\n```toml\nis-on = true\n```\n",
        "## parts\n\nParts.\n\n*array of tables; default: []*\n\n```toml\n[[parts]]\nname = ",
        "## parts.name\n\nWhat it is called.\n\n*string; required where there is `[[parts]]`*\n",
        "## parts.until\n\nIts last day.\n\n*string; default: never*\n\n```toml\n[[parts]]\nuntil",
        '*table: name -> part; default: empty*\n\n```toml\n[by-name]\nx = { name = "wheel" }\n',
        '## by-name.*.until\n\nIts last day.\n\n*string; default: never*\n\n```toml\n[by-name."x"]',
        "## limits.most\n\nA count.\n\n*integer, 1 to 1000000; default: 10*\n\n```toml\n[limits]\n",
        "## limits.least\n\nA share.\n\n*float, 0 to 1; default: 0.5*\n",
    ):
        assert section in text


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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('a\n"', '"a\\n\\""'),
        ([1, 0.5, True], "[1, 0.5, true]"),
        ({"a b": {"c": []}}, '{ "a b" = { c = [] } }'),
    ],
)
def test_a_value_is_shown_as_toml(value: Any, text: str) -> None:
    assert inline(value) == text
    assert tomllib.loads(f"x = {inline(value)}") == {"x": value}
