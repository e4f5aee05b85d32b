from datetime import date
from typing import Any

import pytest
from hypothesis import given

from harness.documents.decode import decode, decode_whole, require
from harness.errors import InputError
from tests.damaged_documents import accepted_or_refused_at, damaged
from tests.documents.sample import Beside, Colour, Limits, Part, Whole

_FULL: dict[str, Any] = {
    "title-text": "a title",
    "colour": "red",
    "order": "up",
    "names": ["a"],
    "sides": ["right"],
    "even": 4,
    "is-on": True,
    "parts": [{"name": "wheel", "until": "2027-01-31"}],
    "by-name": {"x": {"name": "axle"}},
    "words": {"a": "b"},
    "limits": {"least": 1, "most": 1},
}


def _refusal(**changes: Any) -> list[str]:
    document = _FULL | {key.replace("_", "-"): value for key, value in changes.items()}
    with pytest.raises(InputError) as error:
        decode_whole(Whole, document, "f")
    return str(error.value).split("\n")


def test_reads_every_key() -> None:
    assert decode_whole(Whole, _FULL, "f") == Whole(
        title_text="a title",
        colour=Colour.RED,
        order="up",
        names=("A",),
        sides=("right",),
        even=4,
        is_on=True,
        parts=(Part(name="wheel", until=date(2027, 1, 31)),),
        by_name={"X": Part(name="axle")},
        words={"a": "b"},
        limits=Limits(least=1.0, most=1),
    )


def test_what_is_not_said_is_the_default_of_the_class() -> None:
    assert decode_whole(Whole, {"title-text": "a"}, "f") == Whole(title_text="a")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"title_text": "A"}, "f: title-text: 'A': not small"),
        ({"title_text": 1}, "f: title-text: expected a string, found an integer ('1')"),
        ({"colour": "rod"}, "f: colour: 'rod': expected red or green; did you mean 'red'?"),
        ({"colour": "#"}, "f: colour: '#': expected red or green"),
        ({"colour": 1}, "f: colour: expected a string, found an integer ('1')"),
        ({"order": "dow"}, "f: order: 'dow': expected up or down; did you mean 'down'?"),
        ({"names": "a"}, "f: names: expected an array of strings, found a string ('a')"),
        ({"names": ["a", "1"]}, "f: names[1]: '1': not letters"),
        ({"names": ["a", 1]}, "f: names[1]: expected a string, found an integer ('1')"),
        ({"names": ["1" * 90]}, f"f: names[0]: '{'1' * 80}…': not letters"),
        ({"sides": ["up"]}, "f: sides[0]: 'up': none of left, right"),
        ({"even": 3}, "f: even: odd"),
        ({"even": 101}, "f: even: expected 0 to 100, found an integer ('101')"),
        ({"even": True}, "f: even: expected an integer, found a boolean ('True')"),
        ({"even": "2"}, "f: even: expected an integer, found a string ('2')"),
        ({"is_on": 1}, "f: is-on: expected true or false, found an integer ('1')"),
        ({"parts": {}}, "f: parts: expected an array of tables, found a table"),
        ({"parts": [1]}, "f: parts[0]: expected a table, found an integer ('1')"),
        ({"parts": [{}]}, "f: parts[0].name: missing; expected a string"),
        ({"parts": [{"nam": ""}]}, "f: parts[0].name: missing; expected a string; is 'nam' meant?"),
        ({"parts": [{"name": " "}]}, "f: parts[0].name: ' ': empty"),
        (
            {"parts": [{"name": "a", "untl": ""}]},
            "f: parts[0].untl: unknown key; did you mean 'until'?",
        ),
        (
            {"parts": [{"name": "a", "until": "20270131"}]},
            "f: parts[0].until: '20270131': not a date like 2027-01-31",
        ),
        (
            {"parts": [{"name": "a", "until": date(2027, 1, 31)}]},
            "f: parts[0].until: expected a string, found a date or time ('2027-01-31')",
        ),
        ({"parts": [{"name": "a", "until": "2000-01-01"}]}, "f: parts[0].until: long gone"),
        ({"by_name": {"x y": {"name": "a"}}}, "f: by-name.'x y': not letters"),
        ({"by_name": {"x": {"name": 1}}}, "f: by-name.x.name: expected a string, found an integer"),
        ({"words": {"\n": "a"}}, "f: words.'\\n': not a word"),
        ({"words": {"a": []}}, "f: words.a: expected a string, found an array"),
        ({"limits": {"least": 2}}, "f: limits.least: expected 0 to 1, found a float ('2.0')"),
        ({"limits": {"least": float("nan")}}, "f: limits.least: expected 0 to 1, found a float"),
        ({"limits": {"least": 10**400}}, "f: limits.least: expected "),
        ({"limits": {"most": 0}}, "f: limits.most: expected 1 to 1000000, found an integer"),
        ({"limits": 1}, "f: limits: expected a table, found an integer ('1')"),
        ({"zzz": 1}, "f: zzz: unknown key"),
        ({"a\x1b[31m": 1}, "f: 'a\\x1b[31m': unknown key"),
    ],
)
def test_a_mistake_is_told_with_place_found_and_expected(
    changes: dict[str, Any], line: str
) -> None:
    (told,) = _refusal(**changes)
    assert told.startswith(line)


def test_every_mistake_is_told_and_what_is_missing_before_what_is_unknown() -> None:
    with pytest.raises(InputError) as error:
        decode_whole(Whole, {"zzz": 1, "title-txt": "", "limits": {"most": 0, "least": 2}}, "f")
    assert str(error.value).split("\n") == [
        "f: title-text: missing; expected a string; is 'title-txt' meant?",
        "f: limits.least: expected 0 to 1, found a float ('2.0')",
        "f: limits.most: expected 1 to 1000000, found an integer ('0')",
        "f: zzz: unknown key",
    ]


def test_a_flood_of_mistakes_is_cut_and_counted() -> None:
    lines = _refusal(parts=[{"nam": "a"}] * 50_000)
    assert (len(lines), lines[-1]) == (21, "f: 99980 more")


def test_a_document_is_a_table() -> None:
    for read in (decode, decode_whole):
        with pytest.raises(InputError, match=r"^f: expected a table, found an array$"):
            read(Whole, [], "f")


def test_a_place_in_a_table_of_a_file_follows_it() -> None:
    with pytest.raises(InputError, match=r"^f: tool\.harness\.extra: expected a string"):
        decode(Beside, {"extra": 1}, "f: tool.harness")


def test_one_owner_passes_over_what_is_another_owners() -> None:
    assert decode(Beside, _FULL | {"extra": "x"}, "f") == Beside(extra="x")


def test_all_owners_together_are_asked_for_mistakes() -> None:
    require((Whole, Beside), _FULL | {"extra": "x"}, "f")
    with pytest.raises(InputError) as error:
        require((Whole, Beside), {"extr": "x"}, "f")
    assert str(error.value).split("\n") == [
        "f: title-text: missing; expected a string",
        "f: extr: unknown key; did you mean 'extra'?",
    ]


@given(document=damaged(_FULL))
def test_any_damaged_document_is_read_or_refused_with_its_place(document: dict[str, Any]) -> None:
    with accepted_or_refused_at("f: "):
        decode_whole(Whole, document, "f")
