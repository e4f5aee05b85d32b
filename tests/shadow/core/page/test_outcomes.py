import pytest
from scipy.stats import binomtest

from harness.render.quantity import TIMES
from harness.shadow.core.page.outcomes import outcomes_by_arm
from tests.shadow.core.page.drawings import places, rows, shapes, texts

FAILED: tuple[dict[str, int], ...] = ({"500": 1}, {}, {"500": 15, "timeout": 3})
SUCCEEDED = (999, 1000, 982)


def test_each_arm_has_its_share_with_the_interval_of_a_binomial() -> None:
    plot = outcomes_by_arm(SUCCEEDED, FAILED, 0.01)
    ends = places(plot, "c", "x1", "x2")[0]
    limit = places(plot, "limit", "x1")[0][0]
    exact = binomtest(18, 1000).proportion_ci(0.98, "exact")
    scale = (limit - ends[0]) / (0.011 - exact.low)
    assert ends[1] - ends[0] == pytest.approx((exact.high - exact.low) * scale, abs=2)
    assert len(shapes(plot, "point-c")) == 1


def test_outcomes_are_named_and_told_in_a_table() -> None:
    plot = outcomes_by_arm(SUCCEEDED, FAILED, 0.01)
    assert {f"1 {TIMES} 500", "none", f"15 {TIMES} 500, 3 {TIMES} timeout"} <= set(texts(plot))
    assert [row[:3] for row in rows(plot)] == [
        ["A", "1,000", "1"],
        ["B", "1,000", "0"],
        ["candidate", "1,000", "18"],
    ]


def test_many_outcomes_are_cut() -> None:
    many = {f"status {n}": 1 for n in range(20)}
    said = texts(outcomes_by_arm((1, 1, 1), ({}, {}, many), 0.01))
    assert max(map(len, said)) == 46


def test_an_arm_that_never_answered_is_of_unknown_share() -> None:
    plot = outcomes_by_arm((0, 5, 5), ({}, {}, {"500": 1}), 0.01)
    assert rows(plot)[0] == ["A", "0", "0", "0%", "100%"]


def test_without_failures_it_says_so() -> None:
    plot = outcomes_by_arm((5, 5, 5), ({}, {}, {"500": 0}), 0.01)
    assert "Each answer of every arm was a success." in "".join(plot.itertext())
