from typing import Any

import pytest

from harness.shadow.core.answers.tensor import rectangle


@pytest.mark.parametrize(
    ("value", "shape", "items"),
    [
        (1, (), [1]),
        ([], (0,), []),
        ([1, 2], (2,), [1, 2]),
        ([[1], [2]], (2, 1), [1, 2]),
        ([[1], [2, 3]], (2,), [[1], [2, 3]]),
        ([[1], 2], (2,), [[1], 2]),
    ],
)
def test_lists_are_a_rectangle_as_deep_as_they_are_even(
    value: Any, shape: tuple[int, ...], items: list[Any]
) -> None:
    assert rectangle(value) == (shape, items)
