"""Arrays and what holds them, by name, index and element."""

import numpy as np
import pytest

from harness.formats.arrays import decoded
from harness.formats.change import At, Step
from harness.formats.wording import spelled


def found(first: object, second: object) -> dict[str, tuple[str, str]]:
    changes = decoded.walk(first, second, (Step(At.PART, "V"),))
    return {spelled(change.place): change.texts for change in changes}


def test_names_elements_of_arrays() -> None:
    one, other = np.zeros((2, 2), "i4"), np.array([[0, 0], [7, 0]], "i4")
    assert found({"a": one}, {"a": other}) == {
        "V a: differing elements": ("1 of 4", "1 of 4"),
        "V a: element [1, 0]": ("0", "7"),
    }
    swapped = found(one.astype(">i4"), other.astype(">i4"))
    assert swapped["V element [1, 0]"] == ("0", "7")


def test_names_types_and_shapes() -> None:
    assert found(np.zeros(2, "f4"), np.zeros(3, "f8")) == {
        "V: type": ("<f4", "<f8"),
        "V: shape": ("(2,)", "(3,)"),
    }


def test_names_what_one_side_lacks_and_other_kinds() -> None:
    assert found({"a": np.zeros(2)}, {"b": "x"}) == {
        "V a": ("array of float64, shape (2,)", ""),
        "V b": ("", "x"),
    }
    assert found({"a": np.zeros(2)}, {"a": 1})["V a"][1] == "1"


def test_goes_into_lists_of_one_length() -> None:
    assert found([1, {"a": 2}], [1, {"a": 3}]) == {"V[1]: a": ("2", "3")}
    assert found([1], [1, 2])["V: length"] == ("1", "2")
    assert found(1, 1) == {}


def test_elements_that_are_no_numbers_are_values() -> None:
    one, other = np.array(["x", "y"]), np.array(["x", "z"])
    assert found(one, other) == {"V[1]": ('"y"', '"z"')}


def test_depth_is_bounded() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(ValueError, match="nested more than 50"):
        found(value, value)
