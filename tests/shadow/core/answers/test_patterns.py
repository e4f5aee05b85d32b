import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.shadow.core.answers.levels import Pattern
from harness.shadow.core.answers.patterns import digits, lost_precision, transformation

GENERATOR = np.random.default_rng(4)
SCORES = GENERATOR.dirichlet([1.0, 1.0, 1.0], size=8)
JITTERED = SCORES * (1 + 1e-6 * GENERATOR.standard_normal(SCORES.shape))


def flat(values: np.ndarray) -> list[float]:
    return [float(value) for value in values.ravel()]


@pytest.mark.parametrize(
    ("now", "name", "parameter"),
    [
        (JITTERED[:, ::-1], "swapped class order", "2 1 0"),
        (JITTERED[:, [1, 2, 0]], "permuted classes", "1 2 0"),
        (JITTERED[::-1], "reversed rows", ""),
        (np.roll(JITTERED, 1, axis=0), "off-by-one batch", "later"),
        (np.roll(JITTERED, -1, axis=0), "off-by-one batch", "earlier"),
        (JITTERED * 2, "constant factor", "2"),
        (JITTERED + 0.25, "constant offset", "0.25"),
    ],
)
def test_names_a_transformation_under_jitter(now: np.ndarray, name: str, parameter: str) -> None:
    found = transformation(flat(SCORES), flat(now), SCORES.shape)
    assert found is not None
    assert found.name == name
    assert found.parameter in {parameter, ""} or float(found.parameter) == pytest.approx(
        float(parameter), rel=1e-4
    )


def test_two_classes_of_one_row_are_swapped() -> None:
    expected = Pattern(name="swapped class order", parameter="1 0")
    assert transformation([0.9, 0.1], [0.1, 0.9], (1, 2)) == expected


@pytest.mark.parametrize("now", [JITTERED, GENERATOR.random(SCORES.shape)])
def test_jitter_and_noise_have_no_name(now: np.ndarray) -> None:
    assert transformation(flat(SCORES), flat(now), SCORES.shape) is None


@pytest.mark.parametrize(("left", "right"), [([1.0], [2.0]), ([0.0, 0.0], [1.0, 2.0])])
def test_too_little_to_name(left: list[float], right: list[float]) -> None:
    assert transformation(left, right, (len(left),)) is None


def narrow(values: np.ndarray, datatype: type[np.floating]) -> list[float]:
    return flat(values.astype(datatype).astype(np.float64))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (narrow(SCORES, np.float32), Pattern(name="narrowed", parameter="FP32")),
        (narrow(SCORES, np.float16), Pattern(name="narrowed", parameter="FP16")),
        (flat(SCORES.round(6)), Pattern(name="rounded", parameter="6 digits")),
        (flat(JITTERED), None),
        (flat(SCORES), None),
    ],
)
def test_names_lost_precision(now: list[float], expected: Pattern | None) -> None:
    assert lost_precision(flat(SCORES), now) == expected


def test_values_computed_in_float32_are_narrowed_too() -> None:
    logits = GENERATOR.standard_normal(64)
    wide = flat(np.exp(logits))
    assert lost_precision(wide, narrow(np.exp(logits.astype(np.float32)), np.float64)) == Pattern(
        name="narrowed", parameter="FP32"
    )


def test_coarse_narrowing_is_named_when_it_is_near() -> None:
    values = flat(1 + GENERATOR.random(32) * 1e-5)
    assert lost_precision(values, [1.0] * 32) == Pattern(name="narrowed", parameter="BF16")


def test_short_values_that_were_short_before_lost_nothing() -> None:
    assert lost_precision([0.12345, 0.5], [0.12346, 0.5]) is None
    assert lost_precision([0.12345, 0.1234567890123], [0.12346, 0.1234567890121]) is None


@given(st.integers(1, 10**12), st.integers(-20, 20))
def test_digits_are_those_of_the_shortest_decimal(number: int, exponent: int) -> None:
    assert digits(float(f"{number}e{exponent}")) == len(str(number).rstrip("0"))
