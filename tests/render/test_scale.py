import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.render.scale import LARGEST, Linear, Logarithmic, linear, logarithmic, spaced

_FINITE = st.floats(min_value=-LARGEST, max_value=LARGEST)
_POSITIVE = st.floats(min_value=1 / LARGEST, max_value=LARGEST)


def test_values_stand_where_interpolation_puts_them() -> None:
    scale = Linear(low=-2, high=6, start=10, end=90)
    values = [-2, 0, 1.5, 6]
    assert [scale(value) for value in values] == pytest.approx(np.interp(values, [-2, 6], [10, 90]))


def test_ratios_stand_where_interpolation_of_logarithms_puts_them() -> None:
    scale = Logarithmic(low=1e-3, high=1e2, start=200, end=0)
    values = [1e-3, 0.5, 1, 100]
    expected = np.interp(np.log(values), np.log([1e-3, 1e2]), [200, 0])
    assert [scale(value) for value in values] == pytest.approx(expected)


def test_what_is_beyond_an_axis_stands_at_its_end() -> None:
    beside = Linear(low=0, high=1, start=10, end=90)
    assert [beside(-5), beside(math.inf)] == [10, 90]
    ratios = Logarithmic(low=1, high=10, start=10, end=90)
    assert [ratios(0), ratios(-1), ratios(math.inf)] == pytest.approx([10, 10, 90])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (-0.03, 0.11, [0, 0.05, 0.1]),
        (3, 3.5, [3, 3.1, 3.2, 3.3, 3.4, 3.5]),
        (0, 9000, [0, 2000, 4000, 6000, 8000]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    scale = Linear(low=low, high=high, start=0, end=1)
    assert scale.ticks(5) == pytest.approx(expected)


def test_ticks_of_ratios_are_powers_of_ten_unless_these_are_too_few() -> None:
    assert Logarithmic(low=1, high=1e8, start=0, end=1).ticks(4) == [1, 100, 1e4, 1e6, 1e8]
    assert Logarithmic(low=0.9, high=30, start=0, end=1).ticks(4) == [1, 2, 5, 10, 20]
    assert Logarithmic(low=1.1, high=1.5, start=0, end=1).ticks(4) == pytest.approx(
        [1.1, 1.2, 1.3, 1.4, 1.5]
    )


@example([5e-324])
@example([0.0, 5e-324])
@example([1e-200])
@given(st.lists(_FINITE))
def test_every_finite_value_stands_on_its_axis_in_order(values: list[float]) -> None:
    scale = linear([*values, math.inf, math.nan], 0, 100)
    assert all(scale.low <= value <= scale.high for value in values)
    places = [scale(value) for value in sorted(values)]
    assert places == sorted(places)
    assert len(scale.ticks(5)) <= 12


@given(st.lists(_POSITIVE))
def test_every_positive_value_stands_on_its_axis_in_order(values: list[float]) -> None:
    scale = logarithmic([*values, 0, -1, math.inf], 0, 100)
    assert all(scale.low <= value <= scale.high for value in values)
    places = [scale(value) for value in sorted(values)]
    assert places == sorted(places)
    assert len(scale.ticks(5)) <= 12


def test_labels_do_not_touch() -> None:
    scale = Linear(low=0, high=10, start=100, end=0)
    assert list(spaced([0, 1, 2, 3, 4, 9], scale, 15)) == [0, 2, 4, 9]
