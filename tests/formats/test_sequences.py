"""Matching of sequences: runs that differ, whatever the length."""

from hypothesis import given
from hypothesis import strategies as st

from harness.formats.sequences import runs

LINES = st.lists(st.sampled_from("abcd"), max_size=30)


def patched(first: list[str], second: list[str]) -> list[str]:
    """Return `first` with each run replaced by what stands in its place."""
    found, position = [], 0
    for i, j, k, m in runs(first, second):
        found += first[position:i] + second[k:m]
        position = j
    return found + first[position:]


@given(first=LINES, second=LINES)
def test_replacing_every_run_gives_the_second(first: list[str], second: list[str]) -> None:
    assert patched(first, second) == second


def test_long_sequences_are_matched_in_parts() -> None:
    first = [str(number) for number in range(2000)]
    second = [*first[:300], "x", *first[350:1500], *map(str, range(5000, 5900)), *first[1500:]]
    assert patched(first, second) == second
    assert next(runs(first, second)) == (300, 350, 300, 301)
    assert patched(first, second[::-1]) == second[::-1]
