import subprocess
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.core.exchange import Request
from harness.shadow.core import endpoints
from harness.shadow.core.endpoints import IN_TURN, Plan, endpoint_of, go_round, is_left_out, planned


def request(target: str, method: str = "GET") -> Request:
    return Request(method=method, target=target, headers=(), body=b"")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/v2/models/churn/infer", "/v2/models/churn/infer"),
        ("/users/17/orders/9?page=2", "/users/{}/orders/{}"),
        ("/at/-1.5", "/at/{}"),
        ("/days/2024-02-29", "/days/{}"),
        ("/o/123e4567-e89b-12d3-a456-426614174000", "/o/{}"),
        ("/blobs/9f86d081884c7d65", "/blobs/{}"),
        ("/facade/decade", "/facade/decade"),
        ("/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/jobs/{}"),
        ("/mail/a@b.example", "/mail/{}"),
        ("/internationalization-tools", "/internationalization-tools"),
        ("/", "/"),
    ],
)
def test_an_endpoint_is_a_path_without_ids(target: str, path: str) -> None:
    assert endpoint_of(request(target, "POST")) == f"POST {path}"


@pytest.mark.parametrize(
    ("pattern", "left_out"),
    [("/metrics", True), ("/met*", True), ("GET /metrics", True), ("POST /metrics", False)],
)
def test_a_pattern_stands_for_paths_of_any_or_one_method(pattern: str, left_out: bool) -> None:
    assert is_left_out(request("/metrics?x=1"), [pattern]) is left_out
    assert not is_left_out(request("/predict"), [pattern])


def test_all_endpoints_come_early_and_then_each_evenly() -> None:
    recorded = [request("/often")] * 700 + [request(f"/rare/{n}") for n in range(10)]
    recorded += [request("/later")] * 490
    plan = planned(recorded, 7)
    asked = [plan.endpoints[number] for number in plan.numbers]
    assert Counter(asked[: 3 * IN_TURN]) == {
        "GET /often": IN_TURN,
        "GET /later": IN_TURN,
        "GET /rare/{}": IN_TURN,
    }
    half = Counter(asked[:600])
    assert 340 < half["GET /often"] < 360
    assert 4 <= half["GET /rare/{}"] <= 6
    assert sorted(plan.numbers) == list(range(1200))
    assert plan.numbers != planned(recorded, 8).numbers


def test_the_order_within_an_endpoint_is_the_digest_that_the_docs_say() -> None:
    drawn = go_round(["a"] * 4, range(4), 42)
    digests = {
        number: subprocess.run(
            ["sha256sum"],
            input=f"harness-order-1 42 request {number}".encode(),
            capture_output=True,
            check=True,
        ).stdout
        for number in range(4)
    }
    assert drawn == sorted(range(4), key=digests.__getitem__)


def test_what_is_left_out_is_counted_and_not_asked() -> None:
    plan = planned([request("/a"), request("/metrics"), request("/b")], 1, ["/metrics"])
    assert (sorted(plan.numbers), plan.left_out) == ([0, 2], 1)


def test_the_recordings_own_order_can_be_kept() -> None:
    plan = planned([request(f"/{name}") for name in "abcdef"], 1, ["/c"], drawn=False)
    assert plan.numbers == (0, 1, 3, 4, 5)


def test_what_was_never_asked_is_said_with_its_endpoints() -> None:
    plan = planned([request(f"/{name}") for name in "abcdefgh"] * 2, 1)
    assert list(plan.unasked(range(8))) == ["8 of 16 requests of the recording: never asked"]
    assert list(plan.unasked({0, 8})) == [
        "14 of 16 requests of the recording: never asked",
        "endpoints never asked: GET /b, GET /c, GET /d, GET /e, GET /f and 2 more",
    ]
    assert list(plan.unasked({0, 1, 2, 3, 4, 5}))[1:] == ["endpoints never asked: GET /g, GET /h"]
    assert list(plan.unasked(range(16))) == []


def test_requests_beyond_the_most_are_one_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MOST_TOLD_APART", 2)
    plan = planned([request(f"/{name}") for name in "abcd"], 1)
    assert len(set(plan.endpoints)) == 3
    assert len(plan.numbers) == 4


@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(0, 9))
def test_any_order_has_every_request_once(groups: list[str], seed: int) -> None:
    numbers = range(100, 100 + len(groups))
    found = go_round(groups, numbers, seed)
    assert sorted(found) == list(numbers)
    firsts = {groups[number - 100] for number in found[: len(set(groups))]}
    assert firsts == set(groups)


def test_a_plan_of_nothing_says_nothing() -> None:
    assert list(Plan(numbers=(), endpoints=()).unasked(())) == []
