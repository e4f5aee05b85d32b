import re
from dataclasses import make_dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.decode import decode_whole
from harness.documents.key import (
    Between,
    Day,
    Flag,
    Key,
    Keys,
    at,
    cut,
    keys_of,
    matching,
    name_of,
    one_of,
    required_of,
    short,
    unknown,
)
from harness.errors import InputError
from tests.documents.sample import Limits, Part, Whole


def test_a_key_is_written_with_dashes() -> None:
    assert name_of("title_text") == "title-text"
    assert keys_of(Limits) == ["least", "most"]


def test_a_key_without_default_is_required() -> None:
    assert required_of(Whole) == ["title-text"]
    assert required_of(Part) == ["name"]
    assert required_of(Limits) == []


@pytest.mark.parametrize(
    ("where", "place", "told"),
    [
        ("env.toml", (), "env.toml: "),
        ("env.toml", ("shadow", "margins", 0), "env.toml: shadow.margins[0]"),
        ("env.toml: shadow", ("port",), "env.toml: shadow.port"),
        ("env.toml", ("links", "a b"), "env.toml: links.'a b'"),
    ],
)
def test_a_place_is_told_as_people_write_it(
    where: str, place: tuple[str | int, ...], told: str
) -> None:
    assert at(where, place) == told


@given(st.text(max_size=200))
def test_a_text_of_others_is_one_short_line(text: str) -> None:
    assert len(cut(text).splitlines()) == 1
    assert len(cut(text * 100)) < 1000


@pytest.mark.parametrize(
    ("number", "text"), [(1_000_000, "1000000"), (0.5, "0.5"), (1.0, "1"), (1e-9, "1e-09")]
)
def test_a_number_is_short(number: float, text: str) -> None:
    assert short(number) == text


def test_what_is_nearly_known_is_proposed() -> None:
    assert unknown("colr", ["color", "size"]) == "none of color, size; did you mean 'color'?"
    assert unknown("zzz", ["color", "size"]) == "none of color, size"


def test_a_string_is_held_against_the_whole_pattern() -> None:
    rule = matching(re.compile("a|b"), "not a or b")
    assert rule.parse("b") == "b"
    assert rule.schema == {"pattern": "^(?:a|b)$"}
    for text in ("ab", "", "a\n"):
        with pytest.raises(ValueError, match="not a or b"):
            rule.parse(text)


def test_only_what_is_listed_is_taken() -> None:
    assert one_of(("up", "down")).parse("up") == "up"
    with pytest.raises(ValueError, match="did you mean 'down'"):
        one_of(("up", "down")).parse("downn")


def _table(kind: Any) -> type[Keys]:
    key = ("key", Annotated[kind, Key("A key.", "")])
    return make_dataclass("Table", [key], bases=(Keys,), frozen=True, slots=True, kw_only=True)


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        (Annotated[float, Between(0, 1)], [0, 1, 0.5], [-0.1, 1.1, True, "0.5", float("nan")]),
        (Annotated[int, Between(1, 9)], [1, 9], [0, 10, 1.0, True, "1"]),
        (Flag, [True, False], [1, 0, "true", "yes"]),
        (Day, ["2027-01-31"], ["2027-1-31", "20270131", "2027-02-30", "", 5]),
    ],
)
def test_each_type_takes_itself_and_nothing_that_looks_like_it(
    kind: Any, taken: list[object], refused: list[object]
) -> None:
    table = _table(kind)
    for value in taken:
        decode_whole(table, {"key": value}, "f")
    for value in refused:
        with pytest.raises(InputError, match="f: key"):
            decode_whole(table, {"key": value}, "f")
