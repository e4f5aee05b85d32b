from dataclasses import replace

import pytest

from harness.verdict import Judgement
from tests.shadow.core.evidence.simulation import BENIGN, HARMS, Case, resources, run

SEEDS = range(3)
LONG = 5_000


@pytest.mark.parametrize("case", HARMS, ids=lambda case: case.name)
def test_harm_is_found(case: Case) -> None:
    seeds = SEEDS[:1] if case.cap > LONG else SEEDS
    assert all(case.family in run(case, seed).failed for seed in seeds)


def test_jitter_in_production_too_passes_with_the_requests_of_a_run() -> None:
    case = next(case for case in BENIGN if "jitter" in case.name)
    assert "outputs" in run(replace(case, cap=2_000), 0).passed


def test_memory_that_grew_is_found() -> None:
    assert {resources(seed, 1.3) for seed in range(20)} == {Judgement.FAIL}


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case.name)
def test_nothing_is_found_where_nothing_is(case: Case) -> None:
    for seed in SEEDS:
        found = run(replace(case, cap=700), seed)
        assert not found.failed | found.invalid


@pytest.mark.parametrize("dependence", [0.5, 0.8])
def test_production_is_not_found_to_differ_from_itself(dependence: float) -> None:
    case = Case(name="itself", dependence=dependence, cap=700)
    assert not any(run(case, seed).failed for seed in SEEDS)
