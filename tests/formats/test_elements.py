"""Elements of arrays by the names of their types."""

import struct

import pytest

from harness.formats.elements import scalar


def test_a_bfloat16_is_the_upper_half_of_a_float32() -> None:
    type_ = scalar("bfloat16")
    assert type_.read(struct.pack("<f", 1.5)[2:]) == 1.5
    assert type_.size == 2


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="'float80' is not known"):
        scalar("float80")
