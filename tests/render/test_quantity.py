import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.render.quantity import apart, change, number, plural, seconds, share, size


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (1234, "1,234"),
        (0.012345, "0.0123"),
        (-1.5, "\N{MINUS SIGN}1.5"),
        (99_999, "99,999"),
        (1e5, "10⁵"),
        (-1e-7, "\N{MINUS SIGN}10⁻⁷"),
        (1.25e300, "1.25\N{MULTIPLICATION SIGN}10³⁰⁰"),
        (math.inf, "∞"),
        (-math.inf, "\N{MINUS SIGN}∞"),
        (math.nan, "not a number"),
    ],
)
def test_numbers_have_few_digits(value: float, said: str) -> None:
    assert number(value) == said


@given(st.floats(min_value=1e-4, max_value=99_999))
def test_a_number_reads_back_within_half_a_percent(value: float) -> None:
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=5.1e-3)


def test_shares_and_changes_are_percentages() -> None:
    assert [share(0.0123), share(math.inf)] == ["1.23%", "∞"]
    assert [change(0.05), change(-0.05), change(0)] == ["+5%", "\N{MINUS SIGN}5%", "0%"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 s"),
        (2.5e-6, "2.5 µs"),
        (0.00512, "5.12 ms"),
        (1.5, "1.5 s"),
        (125, "2 min 5 s"),
        (10_920, "3 h 2 min"),
    ],
)
def test_durations_have_the_unit_that_suits_them(value: float, said: str) -> None:
    assert seconds(value) == said


def test_sizes_are_in_powers_of_1024_and_nouns_have_their_plural() -> None:
    assert [size(0), size(1536), size(2**60)] == [
        "0 B",
        "1.5 KiB",
        "1.05\N{MULTIPLICATION SIGN}10⁶ TiB",
    ]
    assert [plural(1, "flip"), plural(1200, "flip")] == ["1 flip", "1,200 flips"]


def test_numbers_that_are_close_get_the_digits_that_tell_them_apart() -> None:
    values = [1000.01, 1000.02]
    assert [apart(values)(value) for value in values] == ["1,000.01", "1,000.02"]
    assert apart([1, 1])(2) == "2"
