import pytest

from harness.shadow.core.evidence.alone import BLOCK
from harness.shadow.core.evidence.errors import Errors
from harness.shadow.core.evidence.outcomes import Outcomes
from harness.shadow.core.wording import worded
from harness.verdict import Judgement


def outcomes(production: bool, candidate: bool) -> Outcomes:
    """Return outcomes of which these two failed."""
    failed = (False, production, candidate)
    return Outcomes(succeeded=(True, not production, not candidate), broke=failed)


def after(*failures: tuple[bool, bool], times: int = 1) -> Errors:
    test = Errors()
    for place, (production, candidate) in enumerate(failures * times):
        test.observe(outcomes(production, candidate), place // BLOCK)
    return test


def test_an_error_that_comes_back_in_replay_fails() -> None:
    test = after((False, False), times=100)
    assert test.observe(outcomes(False, True), 4)
    assert not test.failed
    for again in range(14):
        assert test.observe(outcomes(False, True), 5 + again, replayed=True)
    found = test.finding()
    assert (found.judgement, found.requests, test.candidate_only) == (Judgement.FAIL, 101, 1)


def test_failures_on_end_are_one_event() -> None:
    test = after(*[(False, True)] * 12, *[(False, False)] * 300)
    assert test.candidate_only == 12
    assert not test.failed
    assert after(*[(False, True)] * 12, *[(False, False)] * 19, times=14).failed


def test_a_candidate_that_always_fails_is_found() -> None:
    assert after((False, True), times=450).failed


def test_errors_of_both_arms_say_nothing() -> None:
    test = after((True, True), (True, False), (False, True), times=100)
    assert test.finding().judgement is Judgement.INCONCLUSIVE


@pytest.mark.parametrize(
    ("requests", "expected"), [(500, Judgement.INCONCLUSIVE), (700, Judgement.PASS)]
)
def test_no_error_in_many_requests_passes(requests: int, expected: Judgement) -> None:
    found = after((False, False), times=requests).finding()
    assert found.judgement is expected
    assert worded(found.reasons).startswith(
        f"0 of {requests} requests failed only in the candidate"
    )


def test_without_requests_nothing_is_said_of_them() -> None:
    assert worded(Errors().finding().reasons) == "no request was compared"


def test_a_failure_of_productions_own_is_forgiven_and_said() -> None:
    found = after((False, False), times=700)
    found.observe(outcomes(True, False), 23)
    assert "(1 only in production, which is forgiven)" in worded(found.finding().reasons)
    assert found.finding().judgement is Judgement.PASS


def test_what_production_alone_refuses_is_nothing_in_favour() -> None:
    refused = Outcomes(succeeded=(False, False, True), broke=(False, False, False))
    test = Errors()
    before = after((False, False), times=100).finding().in_favour
    for _ in range(100):
        assert not test.observe(refused, 4)
    assert test.finding().in_favour == before
    assert test.production_only == 0
    assert "(100 refused only by production)" in worded(test.finding().reasons)


def test_what_pass_lacks_is_told() -> None:
    found = worded(after((False, False), times=100).finding().reasons)
    assert found.endswith("below 4.50% at 99 %; PASS needs below 1%")
