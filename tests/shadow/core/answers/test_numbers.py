import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.shadow.core.answers import numbers
from harness.shadow.core.answers.levels import Kind, Level, Tolerance

EXACT = Tolerance()
FINITE = st.floats(allow_nan=False, allow_infinity=False)
VECTORS = st.lists(st.tuples(FINITE, FINITE), max_size=20)
NUMPY: dict[str, type[np.floating[Any]]] = {"FP32": np.float32, "FP16": np.float16}


@given(st.floats(), st.sampled_from(sorted(NUMPY)))
def test_narrows_as_numpy_does(value: float, datatype: str) -> None:
    with np.errstate(all="ignore"):
        expected = float(NUMPY[datatype](value))
    assert repr(numbers.narrowed(value, datatype)) == repr(expected)
    assert repr(numbers.real([repr(value).encode()], datatype)) == repr([expected])


@given(st.integers(0, 0xFFFF))
def test_bfloat16_is_the_upper_half_of_float32(half: int) -> None:
    value = struct.unpack(">f", struct.pack(">HH", half, 0))[0]
    assert math.isnan(value) or numbers.narrowed(value, "BF16") == value


@given(st.floats(-1e38, 1e38))
def test_bfloat16_is_nearest(value: float) -> None:
    narrow = numbers.narrowed(value, "BF16")
    assert abs(narrow - value) <= max(abs(value) * 2**-8, 2**-134)


@given(FINITE, FINITE)
def test_ulps_are_those_of_numpys_integers(x: float, y: float) -> None:
    def rank(value: float) -> int:
        bits: int = struct.unpack(">q", struct.pack(">d", value))[0]
        return bits if bits >= 0 else -(bits & (2**63 - 1))

    assert numbers.ulps(x, y, "FP64") == abs(rank(x) - rank(y))


@given(st.floats(-(2.0**127), 2.0**127, width=32))
def test_next_value_is_one_ulp_away(value: float) -> None:
    following = float(np.nextafter(np.float32(value), np.float32(math.inf)))
    assert numbers.ulps(value, following, "FP32") == 1


@given(VECTORS, st.floats(0, 1e300), st.floats(0, 1))
def test_tolerance_is_symmetric(
    pairs: list[tuple[float, float]], absolute: float, relative: float
) -> None:
    left, right = [x for x, _ in pairs], [y for _, y in pairs]
    tolerance = Tolerance(absolute=absolute, relative=relative)
    found = numbers.compare(left, right, tolerance)
    assert found == numbers.compare(right, left, tolerance)
    beyond = any(abs(x - y) > absolute + relative * max(abs(x), abs(y)) for x, y in pairs)
    assert (found[0] is Level.BEYOND) == beyond


@given(st.lists(st.floats(0.5, 2.0), min_size=1), st.floats(-1.5e-9, 1.5e-9))
def test_relative_tolerance_holds_for_every_value(values: list[float], change: float) -> None:
    others = [value * (1 + change) for value in values]
    beyond = any(abs(x - y) > 1e-9 * max(x, y) for x, y in zip(values, others, strict=True))
    level, _, _ = numbers.compare(values, others, Tolerance(relative=1e-9))
    assert (level is Level.BEYOND) == beyond


def test_one_far_value_among_many_near_ones_is_found() -> None:
    values = [float(n) for n in range(100)]
    assert numbers.compare(values, [*values[:99], 100.0], Tolerance(relative=1e-3)) == (
        (Level.BEYOND, Kind.VALUE, 1.0)
    )


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        (1.0, math.nan, Kind.NAN_FOR_NUMBER),
        (math.nan, 1.0, Kind.NUMBER_FOR_NAN),
        (1.0, math.inf, Kind.INFINITY),
        (-math.inf, math.inf, Kind.INFINITY),
        (math.inf, math.nan, Kind.NAN_FOR_NUMBER),
    ],
)
def test_special_values_are_a_difference_of_their_own(
    left: float, right: float, kind: Kind
) -> None:
    found = numbers.compare([0.0, left], [0.0, right], Tolerance(absolute=1e308))
    assert found == (Level.STRUCTURE, kind, math.inf)


def test_the_same_special_values_are_left_out() -> None:
    left, right = [math.nan, math.inf, 1.0], [math.nan, math.inf, 2.0]
    assert numbers.compare(left, left, EXACT) == (Level.EQUAL, Kind.NOTHING, 0.0)
    assert numbers.compare(left, right, EXACT) == (Level.BEYOND, Kind.VALUE, 1.0)


def test_differences_too_large_for_a_double_are_beyond() -> None:
    assert numbers.compare([1e308], [-1e308], EXACT) == (Level.BEYOND, Kind.VALUE, math.inf)


def test_the_sign_of_zero_is_told() -> None:
    assert numbers.compare([0.0, 1.0], [-0.0, 1.0], EXACT) == (Level.WITHIN, Kind.ZERO_SIGN, 0.0)
