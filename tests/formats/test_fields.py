"""Values as short lines of text."""

import pytest

from harness.formats.change import At, field, moment
from harness.formats.fields import code_points, differing, order, shown, shown_pair, unique
from harness.formats.wording import spelled


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (1, "1"),
        (None, "None"),
        (b"a\0", "b'a\\x00'"),
        (1 << 700, hex(1 << 700)),
        ("\ud800", "\\ud800"),
        ("x" * 300, "x" * 100 + "[... 100 more ...]" + "x" * 100),
        (b"x" * 300, f"{b'x' * 50!r}[... 200 more ...]{b'x' * 50!r}"),
    ],
)
def test_shows_the_ends_of_a_value(value: object, text: str) -> None:
    assert shown(value) == text


def test_shows_where_long_values_begin_to_differ() -> None:
    ours, theirs = shown_pair("x" * 300 + "a", "x" * 300 + "b")
    assert (ours, theirs) == (f"[...]{'x' * 50}a", f"[...]{'x' * 50}b")
    assert shown_pair("a" + "x" * 300, "b" + "x" * 300)[0].startswith("ax")
    assert shown_pair("x" * 300, "x" * 301)[1] == f"[...]{'x' * 51}"


def test_names_what_differs_or_is_missing() -> None:
    found = differing({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": None}, field("the", At.PART), 7)
    assert [(spelled(c.place), c.texts[0], c.texts[1], c.offset) for c in found] == [
        ("the b", "2", "3", 7),
        ("the c", "", "None", 7),
    ]


def test_order_is_that_of_what_both_have() -> None:
    (change,) = order(field("order"), ["a", "x", "b", "c"], ["a", "c", "b"])
    assert (change.first, change.second) == ("b, c", "c, b")
    assert list(order(field("order"), ["a", "x", "b"], ["y", "a", "b"])) == []


def test_second_things_of_a_name_are_numbered() -> None:
    assert unique([("a", 1), ("b", 2), ("a", 3)]) == {"a": 1, "b": 2, "a (2)": 3}


def test_moments_have_dates_where_they_are_some() -> None:
    assert moment(86400) == "86400 (1970-01-02 00:00:00 UTC)"
    assert moment(-1) == "-1"
    assert moment(1 << 40) == str(1 << 40)


def test_names_that_look_alike_have_their_code_points() -> None:
    found = code_points(["pay", "\u0440\u0430y", "caf\u00e9", "cafe\u0301", "\u4e2d", "other"])
    assert found == {
        "pay": "",
        "\u0440\u0430y": " (U+0440, U+0430)",
        "caf\u00e9": " (U+00E9)",
        "cafe\u0301": " (U+0301)",
    }
