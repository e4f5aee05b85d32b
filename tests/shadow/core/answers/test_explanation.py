import math

import pytest

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.explanation import Explanation, explain
from harness.shadow.core.answers.levels import Kind, Pattern
from tests.shadow.core.answers.test_comparison import RULES, reply


def explained(left: object, right: object) -> Explanation:
    (found,) = explain(reply({"a": left}), reply({"a": right}), protocols.JSON, RULES)
    return found


def test_shows_the_most_distant_values() -> None:
    found = explained([1.0, 2.5, 3.0], [1.0, 2.75, 3.125])
    assert (found.index, found.first, found.second) == (1, "2.5", "2.75")
    assert found.ulps == 2**49


@pytest.mark.parametrize(
    ("left", "right", "pattern"),
    [
        ([[0.25, 0.75]], [[0.75, 0.25]], Pattern(name="swapped class order", parameter="1 0")),
        ([1.5, 2.5], [3.0, 5.0], Pattern(name="constant factor", parameter="2")),
        ([1 / 3, 2 / 3], [0.333333, 0.666667], Pattern(name="rounded", parameter="6 digits")),
    ],
)
def test_names_the_pattern(left: object, right: object, pattern: Pattern) -> None:
    assert explained(left, right).pattern == pattern


def test_special_values_are_passed_over() -> None:
    found = explained([1.5, 2.5], [math.nan, 2.75])
    assert (found.difference.kind, found.index, found.pattern) == (Kind.NAN_FOR_NUMBER, 1, None)


@pytest.mark.parametrize(
    ("left", "right"), [("x", "y"), (1, 2), (1.5, "x"), ([1.5], [1.5, 2.5]), (1.5, math.nan)]
)
def test_what_is_not_two_real_numbers_has_no_distance(left: object, right: object) -> None:
    assert explained(left, right).index is None


def test_a_missing_field_is_only_told() -> None:
    (found,) = explain(reply({"a": 1.5, "b": 2}), reply({"a": 1.5}), protocols.JSON, RULES)
    assert (found.difference.field, found.difference.kind) == ("b", Kind.MISSING)
