import pytest

from harness.core.evidence.errors import Errors
from harness.core.evidence.finding import Judgement


def after(*failures: tuple[bool, bool], times: int = 1) -> Errors:
    test = Errors()
    for production, candidate in failures * times:
        test.observe(production, candidate)
    return test


def test_an_error_that_comes_back_in_replay_fails() -> None:
    test = after((False, False), times=100)
    assert test.observe(False, True)
    assert not test.failed
    for _ in range(14):
        assert test.observe(False, True, replayed=True)
    found = test.finding()
    assert (found.judgement, found.requests, test.candidate_only) == (Judgement.FAIL, 101, 1)


def test_errors_of_both_arms_say_nothing() -> None:
    test = after((True, True), (True, False), (False, True), times=100)
    assert test.finding().judgement is Judgement.INCONCLUSIVE


@pytest.mark.parametrize(
    ("requests", "expected"), [(500, Judgement.INCONCLUSIVE), (700, Judgement.PASS)]
)
def test_no_error_in_many_requests_passes(requests: int, expected: Judgement) -> None:
    found = after((False, False), times=requests).finding()
    assert found.judgement is expected
    assert found.reason.startswith(f"0 of {requests} requests failed only in the candidate")


def test_without_requests_nothing_is_said_of_them() -> None:
    assert Errors().finding().reason == "no request was compared"
