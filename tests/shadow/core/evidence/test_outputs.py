import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.shadow.core.answers.levels import Difference, Kind, Level, Pattern, Rules
from harness.shadow.core.evidence.outputs import MAX_FIELDS, Doubt, Outputs
from harness.shadow.core.wording import worded
from harness.verdict import Judgement


def differs(
    field: str = "a", level: Level = Level.BEYOND, distance: float = 1.0, pattern: str = ""
) -> Difference:
    return Difference(
        field=field,
        level=level,
        kind=Kind.VALUE,
        distance=distance,
        pattern=Pattern(name=pattern) if pattern else None,
    )


LABEL = differs(level=Level.LABEL, distance=math.inf)


def test_a_single_difference_that_comes_back_in_replay_fails() -> None:
    test = Outputs()
    for _ in range(1_000):
        assert not test.observe([], [])
    assert test.observe([], [LABEL])
    assert not test.failed
    for _ in range(20):
        assert test.observe([], [LABEL], replayed=True)
    found = test.finding()
    assert found.judgement is Judgement.FAIL
    assert worded(found.reasons) == "a: another value than production's own"
    assert (found.requests, test.differed) == (1_001, 1)


def test_a_difference_that_does_not_come_back_is_no_alarm() -> None:
    test = Outputs()
    test.observe([], [LABEL])
    for _ in range(100):
        assert not test.observe([], [], replayed=True)
    assert test.finding().judgement is Judgement.INCONCLUSIVE


def test_what_differs_in_production_as_often_is_no_alarm() -> None:
    test = Outputs()
    for _ in range(500):
        test.observe([LABEL], [])
        test.observe([], [LABEL])
    assert not test.failed
    assert test.finding().judgement is Judgement.INCONCLUSIVE


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (differs(distance=2.0), "a: farther beyond tolerance than production's own"),
        (differs(pattern="narrowed"), "a: less precise than production's own"),
    ],
)
def test_noise_in_production_hides_neither_distance_nor_lost_precision(
    candidate: Difference, reason: str
) -> None:
    test = Outputs()
    for _ in range(20):
        test.observe([differs(distance=1.0)], [candidate])
    assert worded(test.finding().reasons) == f"{reason}; production itself differs in a"


def test_lost_precision_within_tolerance_fails() -> None:
    test = Outputs()
    for _ in range(20):
        test.observe([], [differs(level=Level.WITHIN, pattern="rounded")])
    assert test.failed


def test_difference_within_tolerance_is_none() -> None:
    test = Outputs()
    for _ in range(700):
        assert not test.observe([], [differs(level=Level.WITHIN)])
    found = test.finding()
    assert found.judgement is Judgement.PASS
    assert worded(found.reasons) == "0 of 700 requests differ: below 0.66% at 99 %"


def test_without_requests_nothing_is_said_of_them() -> None:
    found = Outputs().finding()
    assert (found.judgement, worded(found.reasons)) == (
        Judgement.INCONCLUSIVE,
        "no request was compared",
    )


def test_where_every_request_differs_there_is_no_bound() -> None:
    test = Outputs()
    test.observe([], [differs()])
    assert worded(test.finding().reasons) == "1 of 1 requests differ; PASS needs below 1%"


@pytest.mark.parametrize(
    ("nearer_in_ten", "expected"), [(5, Judgement.PASS), (4, Judgement.INCONCLUSIVE)]
)
def test_noise_as_large_as_productions_passes(nearer_in_ten: int, expected: Judgement) -> None:
    test = Outputs()
    near, far = [differs(distance=1.0)], [differs(distance=2.0)]
    for number in range(700):
        is_nearer = number % 10 < nearer_in_ten
        test.observe(far if is_nearer else near, near if is_nearer else far)
    assert test.finding().judgement is expected
    unproven = "; noise is not proven as narrow as production's own in a"
    assert (unproven in worded(test.finding().reasons)) is (expected is Judgement.INCONCLUSIVE)


def test_a_rate_that_is_not_proven_is_told_with_productions_own() -> None:
    test = Outputs()
    for number in range(1_000):
        ours, theirs = (([LABEL] if number % 50 == place else []) for place in (1, 2))
        test.observe(ours, theirs, has=lambda: {"a"})
    assert worded(test.finding().reasons) == (
        "20 of 1000 requests differ (20 in production alone): below 3.29% at 99 %; "
        "PASS needs below 1%; production itself differs in a"
    )


def test_a_field_that_always_differs_is_proposed_as_volatile() -> None:
    test = Outputs()
    for _ in range(1_000):
        test.observe([LABEL], [LABEL])
    found = test.finding()
    assert found.judgement is Judgement.INCONCLUSIVE
    said = "changes in production itself, declare it volatile: a"
    assert worded(found.reasons) == f"{said}; production itself differs in a"


@pytest.mark.parametrize(
    ("one_in", "said"),
    [(1, "the outcome changes in production itself; "), (50, "0 of 1000 requests differ: ")],
)
def test_an_outcome_that_changes_is_not_proposed_as_volatile(one_in: int, said: str) -> None:
    test = Outputs()
    outcome = replace(LABEL, field="", level=Level.STRUCTURE, kind=Kind.OUTCOME)
    for number in range(1_000):
        found = [] if number % one_in else [outcome]
        test.observe(found, found)
    assert worded(test.finding().reasons).startswith(said)


def test_rows_of_a_list_are_one_field() -> None:
    test = Outputs()
    near, far = differs("a[0]", distance=1.0), differs("a[1]", distance=2.0)
    test.observe([near], [near, far])
    assert list(test.fields) == ["a[]"]


def test_all_shares_together_are_less_than_the_whole_stake() -> None:
    test = Outputs()
    test.observe([], [differs(f"f{number}") for number in range(MAX_FIELDS + 1)])
    assert len(test.fields) == MAX_FIELDS
    assert sum(tests.share for tests in test.fields.values()) < 1
    assert test.against < 2


def test_another_value_is_not_compared_by_distance() -> None:
    test = Outputs()
    test.observe([differs(distance=1.0)], [LABEL])
    assert list(test.fields["a"].wealth) == ["another"]


MISSING = differs(level=Level.STRUCTURE, distance=math.inf)
NEAR = differs(distance=1.0)


def fields(*names: str) -> Callable[[], frozenset[str]]:
    return lambda: frozenset(names)


def test_what_production_changes_hides_no_other_structure() -> None:
    test = Outputs()
    for _ in range(20):
        assert test.observe([LABEL], [MISSING], has=fields("a")) is not Doubt.NONE
    assert worded(test.finding().reasons).startswith("a: another structure than production's own")


def test_a_field_changes_if_it_does_in_most_requests_that_have_it() -> None:
    test = Outputs()
    for number in range(1_000):
        test.observe(
            *([[LABEL], [LABEL]] if number % 10 == 0 else [[], []]),
            has=fields("a") if number % 10 == 0 else fields(),
        )
    assert test.undeclared == ["a"]
    assert test.finding().judgement is Judgement.INCONCLUSIVE


def test_a_field_that_changes_seldom_passes_and_is_named() -> None:
    test = Outputs()
    for number in range(1_000):
        test.observe(*([[LABEL], [LABEL]] if number % 10 == 0 else [[], []]), has=fields("a"))
    found = test.finding()
    assert found.judgement is Judgement.PASS
    assert worded(found.reasons).endswith("; production itself differs in a")


def test_no_more_than_some_fields_that_differ_are_named() -> None:
    test = Outputs()
    noise = [differs(f"f{number}") for number in range(12)]
    test.observe(noise, noise)
    assert worded(test.finding().reasons).endswith("f0, f1, f10, f11, f2, f3, f4, f5 and 4 more")


def test_a_declared_field_is_not_asked_to_be_declared() -> None:
    test = Outputs(rules=Rules(volatile=frozenset({"a"})))
    for _ in range(20):
        test.observe([LABEL], [LABEL], has=fields("a"))
    assert (test.undeclared, test.volatile) == ([], ["a"])


@pytest.mark.parametrize("known", [0, 50])
def test_what_stands_out_of_noise_is_a_doubt_and_fails_once_it_comes_back(known: int) -> None:
    test = Outputs()
    for _ in range(known):
        assert test.observe([NEAR], [NEAR]) is Doubt.NONE
    far = differs(distance=101.0 if not known else 1.6)
    assert test.observe([NEAR], [far]) is Doubt.STANDS_OUT
    assert test.differed == 0
    plays = 0
    while not test.failed:
        assert test.observe([NEAR], [far], replayed=True) is Doubt.STANDS_OUT
        plays += 1
    assert 5 < plays < 30
    assert worded(test.finding().reasons).startswith("a: far beyond production's own")


def test_what_stands_out_as_often_in_production_is_noise() -> None:
    test = Outputs()
    far = [differs(distance=1e3)]
    for _ in range(400):
        test.observe([NEAR], far)
        test.observe(far, [NEAR])
    assert not test.failed


def test_evidence_that_grows_holds_a_pass_back() -> None:
    test = Outputs()
    far, near = [differs(distance=3.0)], [differs(distance=2.0)]
    for number in range(1_400):
        test.observe(*((near, far) if number % 2 else (far, near)))
    assert test.finding().judgement is Judgement.PASS
    for _ in range(8):
        test.observe([NEAR], [differs(distance=1e3)])
    found = test.finding()
    assert found.judgement is Judgement.INCONCLUSIVE
    assert ", and evidence grows of a" in worded(found.reasons)
