"""Snappy: what Apache Arrow packs is unpacked, damage and excess are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.tables.snappy import decompressed
from tests.formats.samples import arrow

WORDS = st.lists(st.sampled_from([b"one", b"two ", b"a" * 70, bytes(300)]) | st.binary(max_size=99))


@given(words=WORDS)
def test_unpacks_what_arrow_packed(words: list[bytes]) -> None:
    data = b"".join(words)
    packed = arrow.compress(data, codec="snappy", asbytes=True)
    assert decompressed(packed, len(data)) == data


@pytest.mark.parametrize("noise", range(2))
def test_unpacks_what_needs_long_lengths_and_distances(noise: int) -> None:
    data = bytes(range(256)) * 300 + b"".join(
        (n * n * 7919 % 65521).to_bytes(2) for n in range(50000)
    )
    packed = arrow.compress(data[noise:] * 2, codec="snappy", asbytes=True)
    assert decompressed(packed, 1 << 20) == data[noise:] * 2


def test_copies_may_repeat_themselves_and_lie_far_back() -> None:
    assert decompressed(b"\x06\x04ab\x01\x02", 9) == b"ababab"
    assert decompressed(b"\x06\x04ab\x0f\x02\0\0\0", 9) == b"ababab"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "1 bytes wanted"),
        (b"\x80\x08", "1024 bytes: more than"),
        (b"\x02\x04a", "2 bytes wanted"),
        (b"\x02\x00a", "1 bytes instead of 2"),
        (b"\x01\x08abc", "3 bytes instead of 1"),
        (b"\x06\x04ab\x01\x03", "from 3 bytes back at 2"),
        (b"\x06\x04ab\x01\x00", "from 0 bytes back"),
    ],
)
def test_damage_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decompressed(data, 999)
