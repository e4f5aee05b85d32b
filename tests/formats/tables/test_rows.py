"""Rows of tables: how many differ, which, and in what."""

import math
from collections.abc import Sequence

import pytest

from harness.formats.change import At, Kind, Step
from harness.formats.tables import rows
from harness.formats.wording import spelled

PLACE = (Step(At.PART, "T"),)


def found(first: Sequence[rows.Row], second: Sequence[rows.Row]) -> dict[str, tuple[str, str]]:
    changes = rows.compare(PLACE, iter(first), iter(second))
    return {spelled(change.place): change.texts for change in changes}


def test_names_row_and_column() -> None:
    assert found([{"a": 1, "b": 2}, {"a": 3, "b": 4}], [{"a": 1, "b": 2}, {"a": 3, "b": 5}]) == {
        "T differing rows": ("1", "1"),
        "T, row 2, column b": ("4", "5"),
    }
    assert found([{"a": 1}], [{"a": 1, "b": None}])["T, row 1, column b"] == ("", "None")


def test_names_rows_that_one_side_lacks() -> None:
    assert found([{"a": 1}], [{"a": 1}, {"a": 2}])["T, row 2"] == ("", "(2,)")


def test_the_same_rows_in_another_order_are_one_thing() -> None:
    (first, *_) = rows.compare(PLACE, iter([{"a": 1}, {"a": 2}]), iter([{"a": 2}, {"a": 1}]))
    assert (spelled(first.place), first.kind) == ("T equal rows in another order", Kind.ORDER)


def test_what_is_no_number_equals_itself() -> None:
    assert found([{"a": math.nan}], [{"a": math.nan}]) == {}
    assert list(found([{"a": math.nan, "b": 1}], [{"a": math.nan, "b": 2}]))[1:] == [
        "T, row 1, column b"
    ]


def test_counting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_COUNTED", 3)
    ours, theirs = ([{"a": n + more} for n in range(9)] for more in (0, 100))
    assert found(ours, theirs)["T differing rows"] == ("at least 3", "at least 3")
