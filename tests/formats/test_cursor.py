import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.cursor import Cursor


@given(st.binary(max_size=50), st.integers(-5, 60), st.integers(-5, 60))
def test_nothing_is_read_beyond_the_end(data: bytes, end: int, size: int) -> None:
    cursor = Cursor(data, end=max(0, end))
    allowed = min(max(0, end), len(data))
    if 0 <= size <= allowed:
        assert cursor.take(size) == data[:size]
        assert (cursor.position, cursor.left) == (size, allowed - size)
    else:
        with pytest.raises(ValueError, match=f"{size} bytes wanted at 0x0, where {allowed} are"):
            cursor.take(size)
        assert cursor.position == 0


def test_values_are_unpacked_and_texts_end_at_their_mark() -> None:
    cursor = Cursor(struct.pack("<HI", 7, 9) + b"name\0\0rest", 0)
    assert cursor.unpack("<HI") == (7, 9)
    assert cursor.until(b"\0\0") == b"name"
    assert cursor.take(cursor.left) == b"rest"


def test_a_mark_beyond_the_end_is_none() -> None:
    cursor = Cursor(b"ab\0", end=2)
    with pytest.raises(ValueError, match=r"no b.* after 0x0"):
        cursor.until(b"\0")


@pytest.mark.parametrize("position", [-1, 4])
def test_a_position_outside_gives_nothing(position: int) -> None:
    with pytest.raises(ValueError, match="bytes wanted"):
        Cursor(b"abc", position).take(1)
