from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.resources import Resource, as_great, holm, judge_resources
from harness.shadow.core.wording import worded
from harness.verdict import Judgement

VALUES = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=6)
STEADY = (1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06)


@given(VALUES, VALUES)
def test_counts_every_division_of_the_starts(values: list[float], others: list[float]) -> None:
    ranks = stats.rankdata([*values, *others])
    sums = [sum(chosen) for chosen in combinations(ranks, len(values))]
    extreme = sum(total >= sum(ranks[: len(values)]) for total in sums)
    assert as_great(values, others) == pytest.approx(extreme / len(sums))


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.5, 2.0])
def test_without_ties_it_is_the_exact_rank_test(shift: float) -> None:
    draw = np.random.default_rng(7)
    values, others = draw.normal(shift, 1, 7).tolist(), draw.normal(0, 1, 14).tolist()
    expected = stats.mannwhitneyu(values, others, alternative="greater", method="exact").pvalue
    assert as_great(values, others) == pytest.approx(expected)


def judged(candidate: tuple[float, ...], production: tuple[float, ...] = STEADY * 2) -> Finding:
    (found,) = judge_resources({"memory": Resource(production=production, candidate=candidate)})
    return found


@pytest.mark.parametrize(
    ("factor", "judgement"),
    [(1.0, Judgement.PASS), (1.1, Judgement.INCONCLUSIVE), (1.3, Judgement.FAIL)],
)
def test_resources_are_judged_against_what_is_allowed(factor: float, judgement: Judgement) -> None:
    assert judged(tuple(factor * value for value in STEADY)).judgement is judgement


@pytest.mark.parametrize(
    ("candidate", "production", "said"),
    [
        (
            1.3,
            STEADY,
            "more than allowed: the median is +30.0% against production's, +10% is allowed",
        ),
        (1.0, STEADY, "no more than allowed: the median is +0.0% against production's"),
        (1.0, (0.0,) * 7, "more than allowed: the median is 1.03, not 0"),
    ],
)
def test_the_reason_has_the_medians(
    candidate: float, production: tuple[float, ...], said: str
) -> None:
    found = judged(tuple(candidate * value for value in STEADY), production * 2)
    assert worded(found.reasons).startswith(said)


def test_few_starts_say_nothing() -> None:
    found = judged((9.0,) * 6)
    assert (found.judgement, found.requests) == (Judgement.INCONCLUSIVE, 6)
    assert "7 are needed" in worded(found.reasons)


def test_five_starts_against_five_cannot_reach_the_budget() -> None:
    assert as_great([2.0] * 5, [1.0] * 5) > 0.003 > as_great([2.0] * 7, [1.0] * 7)


@pytest.mark.parametrize(
    ("p_values", "rejected"),
    [
        ({"a": 0.001, "b": 0.002, "c": 0.5}, {"a"}),
        ({"a": 0.001, "b": 0.0014, "c": 0.5}, {"a", "b"}),
        ({"a": 0.002, "b": 0.002, "c": 0.002}, set()),
        ({}, set()),
    ],
)
def test_holm_rejects_stepwise(p_values: dict[str, float], rejected: set[str]) -> None:
    assert holm(p_values, 0.003) == rejected
