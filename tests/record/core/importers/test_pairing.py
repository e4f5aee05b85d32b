from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.core.exchange import Exchange, Request, Response
from harness.record.core.importers import pairing
from harness.record.core.importers.found import Found
from harness.record.core.importers.pairing import ALONE, Pairing


def _request(body: bytes) -> Request:
    return Request(method="POST", target="/", headers=(), body=body)


def _response(body: bytes) -> Response:
    return Response(status=200, headers=(), body=body)


def _pairs(found: list[Found]) -> list[tuple[bytes, bytes | None]]:
    return [
        (each.request.body, each.response.body if each.response else None)
        for each in found
        if isinstance(each, Exchange)
    ]


@given(st.lists(st.integers(0, 3)), st.randoms(use_true_random=False))
def test_requests_keep_their_order_and_get_the_answers_of_their_key(
    keys: list[int], chance: Random
) -> None:
    """Whatever the order of answers between requests, also before their own."""
    told = [(True, key, n) for n, key in enumerate(keys)]
    told += [(False, key, n) for n, key in enumerate(keys)]
    # Sorted within each key, so that the n-th answer of a key is the n-th request's.
    shuffled = list(range(len(told)))
    chance.shuffle(shuffled)
    of_key = {
        (asks, key): [n for a, k, n in told if (a, k) == (asks, key)] for asks, key, _ in told
    }
    paired, found, asked = Pairing(), list[Found](), list[int]()
    for place in shuffled:
        asks, key, _ = told[place]
        number = of_key[asks, key].pop(0)
        body = b"%d" % number
        if asks:
            asked.append(number)
            paired.ask((str(key),), 0.0, _request(body))
        else:
            paired.answer((str(key),), _response(body))
        found += paired.ready()
    found += paired.rest()
    assert _pairs(found) == [(b"%d" % n, b"%d" % n) for n in asked]
    assert ALONE not in found


def test_a_request_goes_on_as_soon_as_it_is_answered() -> None:
    paired = Pairing()
    paired.ask(("a",), 1.0, _request(b"a"))
    paired.ask(("b",), 2.0, _request(b"b"))
    paired.answer(("b",), _response(b"B"))
    assert list(paired.ready()) == []
    paired.answer(("a",), _response(b"A"))
    assert _pairs(list(paired.ready())) == [(b"a", b"A"), (b"b", b"B")]


def test_what_lacks_its_other_is_told_at_the_end() -> None:
    paired = Pairing()
    paired.ask(("a",), 0.0, _request(b"a"))
    paired.answer(("b",), _response(b"B"))
    assert list(paired.ready()) == []
    found = list(paired.rest())
    assert _pairs(found) == [(b"a", None)]
    assert found[1:] == [ALONE]


@pytest.mark.parametrize("bound", ["MOST_WAITING", "MOST_BYTES"])
def test_no_more_is_held_than_allowed(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(pairing, bound, 2)
    paired = Pairing()
    for name in (b"a", b"b", b"c"):
        paired.ask((name.decode(),), 0.0, _request(name))
    assert _pairs(list(paired.ready())) == [(b"a", None)]
    for name in (b"a", b"x", b"y"):
        paired.answer((name.decode(),), _response(name))
    assert list(paired.ready()) == [ALONE]
    paired.answer(("b",), _response(b""))
    assert _pairs(list(paired.ready())) == [(b"b", b"")]
    assert list(paired.rest())[1:] == [ALONE, ALONE]
