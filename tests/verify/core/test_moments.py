"""Times as programs write them; dates and their seconds were taken from date(1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verify.core.moments import DAY, moments, times_of_day

WHEN = 1_795_443_127
"""`date -u -d @1795443127`: Mon Nov 23 14:12:07 UTC 2026."""
OF_DAY = 51_127


@pytest.mark.parametrize(
    "text",
    [
        "1795443127",
        "1795443127000 ms",
        "at 1795443127000000000",
        "2026-11-23T14:12:07Z",
        "2026-11-23 14:12:07",
        "2026:11:23 14:12:07",
        "Mon Nov 23 14:12:07 UTC 2026",
        "Mon Nov 23 14:12:07 2026",
        "Mon, 23 Nov 2026 14:12:07 GMT",
        "November 23, 2026, 14:12:07",
        "D:20261123141207Z",
        "20261123_141207",
    ],
)
def test_reads_the_same_time_in_many_forms(text: str) -> None:
    assert moments(text) == [WHEN]


def test_a_date_alone_is_its_midnight() -> None:
    assert moments("on 2026-11-23.") == [WHEN - OF_DAY]


@pytest.mark.parametrize(
    "text", ["", "12345", "2026-13-45", "1066-10-14", "99999999999999999999", "1.2.3", "25"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert moments(text) == []


@pytest.mark.parametrize("text", ["14:12:07", "x 14:12:07.25", "2026-11-23T14:12:07"])
def test_reads_the_time_of_day(text: str) -> None:
    assert set(times_of_day(text)) == {OF_DAY}


@pytest.mark.parametrize("text", ["", "99:99", "1:2", "fe80::1:22:3"])
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert times_of_day(text) == []


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(10**9 <= time < 1 << 32 for time in moments(text))
    assert all(0 <= seconds < DAY for seconds in times_of_day(text))
