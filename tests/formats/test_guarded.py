"""Whatever a library raises at damage is ValueError; what is not a damage stays what it is."""

import warnings

import pytest

from harness.formats.change import BeyondBoundError
from harness.formats.guarded import read_by


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), OSError("cut")])
def test_errors_of_a_library_are_value_errors_that_name_it(error: Exception) -> None:
    with pytest.raises(ValueError, match=f"library: {type(error).__name__}"), read_by("library"):
        raise error


@pytest.mark.parametrize("error", [MemoryError(), BeyondBoundError("b"), ModuleNotFoundError("m")])
def test_what_is_no_damage_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), read_by("library"):
        raise error


def test_warnings_of_a_library_are_dropped() -> None:
    with read_by("library"):
        warnings.warn("something", stacklevel=1)
