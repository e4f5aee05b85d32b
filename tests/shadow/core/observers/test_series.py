import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.levels import Difference, Flip, Kind, Level
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.observers import series
from harness.shadow.core.observers.series import Agreement, Flips, History, Latencies, places_of
from harness.verdict import Judgement


def _latencies(count: int) -> Latencies:
    draw = random.Random(1)  # noqa: S311 - a seed, not a secret
    latencies = Latencies()
    for number in range(count):
        a, b, c = (draw.lognormvariate(-4, 0.3) for _ in range(3))
        latencies.observe(100 + number / 10, (a, b, 2 * c))
    return latencies


@given(st.integers(1, 700), st.integers(2, 20))
def test_of_many_requests_some_are_kept_and_no_stall_is_lost(count: int, most: int) -> None:
    latencies = Latencies()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(series, "MOST_KEPT", most)
        for number in range(count):
            latencies.observe(float(number), (1.0, 2.0, 9.0 if number == count // 2 else 3.0))
    step = int(latencies.at[1]) if len(latencies.at) > 1 else count
    assert list(latencies.at) == list(range(0, count, step))
    assert {len(arm) for arm in (*latencies.arms, *latencies.slowest)} == {len(latencies.at)}
    assert most / 2 < len(latencies.at) <= most or step == 1
    assert max(stretch.slowest[2] for stretch in latencies.stretches()) == 9.0


def test_quantiles_are_those_of_the_latencies() -> None:
    latencies = _latencies(2_000)
    found = {each.at: each for each in latencies.quantiles()}
    median = found[0.5]
    assert np.isclose(median.a, np.median(latencies.arms[0]), rtol=0.01)
    assert np.isclose(median.c, np.median(latencies.arms[2]), rtol=0.01)
    assert median.low < 2 < median.high
    assert 0.999 not in found, "two requests beyond it bound nothing"


@given(st.floats(0.01, 0.99), st.integers(0, 10_000))
def test_an_interval_of_places_is_in_order_and_among_what_there_is(at: float, count: int) -> None:
    if places := places_of(at, count):
        assert 0 <= places[0] <= places[1] <= places[2] < count


def test_stretches_have_equal_numbers_of_requests() -> None:
    stretches = _latencies(600).stretches()
    assert len(stretches) == 60
    assert stretches[0].at < 1
    assert Latencies().stretches() == []


def test_a_long_history_keeps_every_second_look() -> None:
    history = History()
    for number in range(1, 10_001):
        if history.wants:
            finding = Finding(
                family="outputs",
                judgement=Judgement.INCONCLUSIVE,
                reasons=(),
                requests=number,
            )
            history.look([finding])
    (family,) = history.families([250.0])
    assert len(family.requests) < 256
    assert list(family.requests) == sorted(family.requests)
    assert family.requests[-1] > 9_900
    assert family.threshold == 250.0


def _flipped(first: str, second: str, margin: float) -> Difference:
    flip = Flip(row=0, first=first, second=second, margin=margin)
    return Difference(field="label", level=Level.LABEL, kind=Kind.VALUE, flips=(flip,))


def test_flips_are_counted_by_pair_the_commonest_first() -> None:
    flips = Flips()
    flips.observe([_flipped("cat", "dog", 0.1)])
    flips.observe([_flipped("dog", "cat", math.nan)] * 2)
    assert [(c.first, c.second, c.count) for c in flips.counts()] == [
        ("dog", "cat", 2),
        ("cat", "dog", 1),
    ]
    assert flips.margins == [0.1]


def test_flips_of_many_classes_are_kept_to_a_bound() -> None:
    flips = Flips()
    for number in range(1_200):
        flips.observe([_flipped(str(number), "other", 0.5)])
    assert (len(flips.counts()), len(flips.margins)) == (1_000, 1_000)


def _reply(**fields: object) -> Reply:
    return Reply(outcome="200", body=json.dumps(fields).encode())


def test_the_field_that_is_farthest_off_is_shown() -> None:
    agreement = Agreement(protocol=protocols.JSON)
    production = _reply(x=[1.0, 2.0], y=[1.0], z="text", gone=[1.0])
    agreement.observe((production, production, _reply(x=[1.0, 2.5], y=[1.001], z="text")))
    name, points, noise = agreement.worst()
    assert (name, noise) == ("x", (0.0, 0.0))
    assert sorted(points) == [(1.0, 0.0), (2.25, 0.5)]


def test_what_is_no_number_and_what_has_another_shape_has_no_point() -> None:
    agreement = Agreement(protocol=protocols.JSON)
    first = _reply(x=[1.0, 2.0], y=["text"])
    agreement.observe((first, first, _reply(x=[1.0], y=["text"])))
    assert agreement.worst()[1] == []
    assert Agreement(protocol=protocols.JSON).worst() == ("", [], (0.0, 0.0))


def test_points_and_fields_have_a_bound() -> None:
    agreement = Agreement(protocol=protocols.JSON)
    many = _reply(**{f"field{number}": [1.0] * 8 for number in range(30)})
    while not agreement.is_full:
        agreement.observe((many, many, many))
    assert len(agreement.fields) == 20
    assert max(map(len, agreement.fields.values())) <= 408
