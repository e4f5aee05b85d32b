from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verify.core.factors.levers import odd
from harness.verify.core.factors.setting import moving


@given(st.integers(min_value=1767225600, max_value=4070908800))
def test_every_part_of_a_date_is_another_once_the_clock_is_moved(now: int) -> None:
    offset = moving({"clock"}, cpus=2).shim.removeprefix("clock offset ")
    first, moved = (datetime.fromtimestamp(time, UTC) for time in (now, now + int(offset)))
    for part in "YymdjAUVHMS":
        assert first.strftime(f"%{part}") != moved.strftime(f"%{part}")


@pytest.mark.parametrize(("cpus", "told"), [(1, 3), (2, 3), (3, 5), (5, 3), (64, 3)])
def test_a_machine_is_told_of_a_count_that_it_does_not_have(cpus: int, told: int) -> None:
    assert odd(cpus) == told
