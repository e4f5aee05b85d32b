import itertools
import math
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import InputError
from harness.shadow.core.schedule import ORDERS, blocks, open_loop, order, recorded, serial, settled

SEEDS = st.integers(min_value=0, max_value=2**128)
SECONDS = st.lists(st.floats(min_value=-1e6, max_value=1e6), max_size=60)


def test_an_order_is_what_sha256sum_and_bc_say() -> None:
    text = b"harness-order-1 7 turn 3"
    said = subprocess.run(["sha256sum"], input=text, capture_output=True, check=True).stdout[:64]
    assert order(7, "turn", 3) == ORDERS[int(said, 16) % 6]


def test_orders_of_a_seed_stay_what_they_were() -> None:
    drawn = [turn.order for turn in serial(range(4), 20261123)]
    assert drawn == [order(20261123, "turn", position) for position in range(4)]
    assert ORDERS == ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))


@pytest.mark.parametrize("seed", [0, 1, 20261123])
def test_every_order_is_as_likely_as_any_other(seed: int) -> None:
    drawn = [turn.order for turn in serial(range(12_000), seed)]
    assert stats.chisquare([drawn.count(each) for each in ORDERS]).pvalue > 1e-4


@pytest.mark.parametrize("seed", [0, 1, 20261123])
def test_the_order_before_says_nothing_about_the_next(seed: int) -> None:
    drawn = [turn.order for turn in serial(range(18_000), seed)]
    pairs = list(itertools.pairwise(drawn))
    table = [[pairs.count((left, right)) for right in ORDERS] for left in ORDERS]
    assert stats.chi2_contingency(table).pvalue > 1e-4


@given(SEEDS, st.lists(st.integers(0, 1000), max_size=30), st.integers(0, 40))
def test_turns_keep_the_numbers_up_to_the_cap(seed: int, numbers: list[int], cap: int) -> None:
    turns = list(serial(numbers, seed, cap=cap))
    assert [turn.number for turn in turns] == numbers[:cap]
    assert all(sorted(turn.order) == [0, 1, 2] and turn.at is None for turn in turns)


def test_a_plan_that_repeats_a_recording_draws_anew() -> None:
    turns = list(serial(itertools.cycle([5]), 1, cap=60))
    assert {turn.number for turn in turns} == {5}
    assert {turn.order for turn in turns} == set(ORDERS)


@given(SEEDS, st.integers(0, 50))
def test_what_is_asked_in_two_goes_draws_as_in_one(seed: int, first: int) -> None:
    whole = list(serial(range(first + 5), seed, purpose="replay"))
    assert list(serial(range(first, first + 5), seed, purpose="replay", first=first)) == [
        *whole[first:]
    ]
    assert whole[0].order == order(seed, "replay", 0)


def test_turns_and_blocks_draw_apart() -> None:
    turns = [order(1, "turn", position) for position in range(50)]
    assert turns != [order(1, "block", position) for position in range(50)]


@given(SEEDS, SECONDS)
def test_recorded_distances_are_kept(seed: int, ats: list[float]) -> None:
    turns = list(open_loop(ats, seed))
    assert sorted(turn.number for turn in turns) == list(range(len(ats)))
    assert [turn.at for turn in turns] == [at - min(ats) for at in sorted(ats)]


@given(SEEDS, SECONDS, st.floats(0.1, 1000))
def test_a_stated_rate_is_even(seed: int, ats: list[float], rate: float) -> None:
    turns = list(open_loop(ats, seed, rate))
    assert [turn.at for turn in turns] == [position / rate for position in range(len(ats))]


@pytest.mark.parametrize(
    ("seconds", "numbers", "ats"),
    [(9.0, [1, 0, 2], [0.0, 2.0, 5.0]), (5.0, [1, 0], [0.0, 2.0]), (1.0, [1], [0.0])],
)
def test_the_recorded_rate_is_kept_for_as_long_as_asked(
    seconds: float, numbers: list[int], ats: list[float]
) -> None:
    turns = recorded([12.0, 10.0, 15.0], 1, seconds)
    assert [turn.number for turn in turns] == numbers
    assert [turn.at for turn in turns] == ats


@pytest.mark.parametrize("ats", [[], [0.0], [0.0, 0.0, 0.0], [3.5, 3.5]])
def test_a_recording_without_distances_tells_no_rate(ats: list[float]) -> None:
    with pytest.raises(InputError, match="tells no rate"):
        recorded(ats, 1, 60.0)


def test_an_open_loop_ends_at_its_cap() -> None:
    assert [turn.number for turn in open_loop([3.0, 1.0, 2.0], 1, cap=2)] == [1, 2]


@pytest.mark.parametrize("number", [0.0, -1.0, math.nan, math.inf])
def test_refuses_what_is_no_rate_and_no_length(number: float) -> None:
    with pytest.raises(InputError, match="requests a second cannot be kept: give a number above 0"):
        list(open_loop([0.0], 1, number))
    with pytest.raises(InputError, match="seconds a block cannot be kept"):
        list(blocks((), 1, number))


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf])
def test_refuses_what_is_no_time(at: float) -> None:
    with pytest.raises(InputError, match="request 1 was recorded at"):
        list(open_loop([0.0, at], 1))


@given(SEEDS, SECONDS, st.floats(0.5, 100))
def test_blocks_hold_every_request_once_and_no_longer_than_said(
    seed: int, ats: list[float], seconds: float
) -> None:
    turns = list(open_loop(ats, seed))
    cut = list(blocks(turns, seed, seconds))
    assert [number for block in cut for number, _ in block.sends] == [t.number for t in turns]
    assert all(block.sends for block in cut)
    assert all(0 <= at <= seconds * (1 + 1e-9) + 1e-6 for block in cut for _, at in block.sends)


def test_a_block_keeps_distances_and_leaves_out_silence() -> None:
    turns = open_loop([0.0, 0.5, 2.25, 2.75, 9.0], 1)
    cut = list(blocks(turns, 1, 1.0))
    assert [block.sends for block in cut] == [
        ((0, 0.0), (1, 0.5)),
        ((2, 0.25), (3, 0.75)),
        ((4, 0.0),),
    ]
    assert [block.order for block in cut] == [order(1, "block", n) for n in range(3)]


def test_turns_without_a_time_make_no_block() -> None:
    assert list(blocks(serial(range(3), 1), 1, 1.0)) == []


def test_latencies_that_still_fall_are_not_settled() -> None:
    assert not settled([1.0 / (1 + step) for step in range(40)])


def test_latencies_that_vary_around_a_median_are_settled() -> None:
    assert settled([9.0] * 20 + [1.0, 1.2, 0.9, 1.1] * 10)


def test_latencies_that_rise_are_not_settled() -> None:
    assert not settled([1.0] * 20 + [1.3] * 20)


@given(st.lists(st.floats(0, 10), max_size=39))
def test_fewer_than_two_windows_are_never_settled(latencies: list[float]) -> None:
    assert not settled(latencies)


@given(st.lists(st.floats(0, 10), min_size=40, max_size=60), st.integers(-20, 20))
def test_settling_does_not_depend_on_the_unit(latencies: list[float], power: int) -> None:
    assert settled(latencies) == settled([math.ldexp(each, power) for each in latencies])
