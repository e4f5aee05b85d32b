import pytest

from harness.shadow.core.evidence.starts import EACH, Starts
from harness.shadow.core.wording import worded


def after(starts: int, b: float, c: float) -> Starts:
    """Return what is made of so many starts that leave arms at these levels; A's is 1."""
    test = Starts()
    ended = [test.observe(1.0, b, c) for _ in range(starts * EACH)]
    assert ended.count(True) == starts
    return test


@pytest.mark.parametrize(("starts", "proven"), [(7, False), (8, True)])
def test_eight_starts_of_eight_that_leave_the_candidate_the_slowest_are_evidence(
    starts: int, proven: bool
) -> None:
    test = after(starts, 1.1, 1.2)
    assert (test.against >= 1_333) is proven
    assert (test.slowest, test.not_slower) == (starts, 0)


@pytest.mark.parametrize(("starts", "proven"), [(10, False), (11, True)])
def test_eleven_starts_of_eleven_that_leave_it_faster_than_both_on_average_are_too(
    starts: int, proven: bool
) -> None:
    test = after(starts, 1.1, 1.04)
    assert (test.in_favour >= 667) is proven
    assert worded([test.reason]) == (
        f"of {starts} more starts of all arms it was the slowest by more than that in 0, "
        f"and not slower in {starts}"
    )


def test_a_latency_that_no_clock_tells_is_no_part_of_a_start() -> None:
    test = Starts()
    assert not any(test.observe(0.0, 1.0, 1.0) for _ in range(2 * EACH))
    assert test.ended == 0
