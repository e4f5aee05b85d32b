import tomllib
from typing import Any

import pytest

from harness.documents.decode import require
from harness.documents.reference import example, header, inline, page, path
from harness.documents.schema import ANY, EACH, Row, rows, schema
from tests.documents.sample import Beside, Whole

WHOLE = schema(Whole, Beside)
_ROWS = list(rows(WHOLE))


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


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (("limits",), "[limits]"),
        (("parts", EACH), "[[parts]]"),
        (("by-name", ANY), '[by-name."x"]'),
    ],
)
def test_a_table_begins_with_its_place_and_that_of_a_mapping_with_its_example(
    table: tuple[str | int, ...], line: str
) -> None:
    assert header(WHOLE, table) == line


def test_each_key_has_one_section_in_order() -> None:
    text = "".join(page(WHOLE))
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(
        map(path, _ROWS)
    )
