"""What comes from outside and is damaged ends in an error that names it, and in no other."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from tests import archives
from tests.formats.seeds import Pair

_CHANGES = st.lists(
    st.tuples(st.integers(0, 2**16), st.integers(0, 40), st.binary(max_size=8)),
    min_size=1,
    max_size=4,
)


def _damaged(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, cut, put in changes:
        place = at % (len(data) + 1)
        data = data[:place] + put + data[place + cut :]
    return data


@pytest.mark.parametrize("pair", archives.PAIRS, ids=lambda pair: pair.format)
@given(changes=_CHANGES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_an_error_of_harness(
    pair: Pair, changes: list[tuple[int, int, bytes]]
) -> None:
    first, second = (_damaged(data[:20_000], changes) for data in (pair.first, pair.second))
    for contents in ((first, first), (second, second)):
        # An image's reader names the file where it is asked for.
        also = ValueError if pair.format == "tarball" else HarnessError
        with suppress(HarnessError, also):
            list(archives.READERS[pair.format](*contents))
