import math

import numpy as np
import pytest

from harness.errors import InputError
from harness.shadow.core.answers.levels import DEFAULT_TOLERANCES, Level, Tolerance

_PRECISIONS = {"FP64": np.finfo("f8").eps, "FP32": np.finfo("f4").eps, "FP16": np.finfo("f2").eps}


@pytest.mark.parametrize("number", [-1e-9, math.inf, math.nan])
def test_a_tolerance_is_finite_and_not_negative(number: float) -> None:
    for tolerance in ({"absolute": number}, {"relative": number}):
        with pytest.raises(InputError, match="finite numbers that are not negative"):
            Tolerance(**tolerance)


@pytest.mark.parametrize(("datatype", "precision"), _PRECISIONS.items())
def test_a_default_allows_the_last_places_of_its_datatype_and_no_more_than_a_third_of_its_digits(
    datatype: str, precision: float
) -> None:
    relative = DEFAULT_TOLERANCES[datatype].relative
    assert precision < relative < precision ** (1 / 3)


def test_a_narrower_datatype_is_allowed_more() -> None:
    wide = [DEFAULT_TOLERANCES[name].relative for name in ("FP64", "FP32", "FP16", "BF16")]
    assert wide == sorted(wide)
    assert len({*wide}) == len(wide)


def test_the_gravest_difference_is_the_largest_level() -> None:
    found = [Level.WITHIN, Level.STRUCTURE, Level.EQUAL, Level.LABEL]
    assert max(found) is Level.STRUCTURE
    assert min(Level) is Level.IDENTICAL
