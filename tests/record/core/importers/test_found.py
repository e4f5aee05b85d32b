from dataclasses import replace
from typing import Any

import pytest

from harness.record.core.exchange import Exchange, Request, Response
from harness.record.core.importers.found import is_possible

REQUEST = Request(method="POST", target="/a?b=1", headers=(("X", "\xe9\t"),), body=b"\0")
ANSWER = Response(status=200, headers=(("Set-Cookie", "\xe9"),), body=b"\0")


def _exchange(request: Request, response: Response | None) -> Exchange:
    return Exchange(number=0, at=0.0, request=request, response=response)


def test_what_can_have_passed_is_possible() -> None:
    assert is_possible(_exchange(REQUEST, ANSWER))
    assert is_possible(_exchange(REQUEST, None))


@pytest.mark.parametrize(
    "changes",
    [{"method": "GE T"}, {"target": "/a b"}, {"headers": (("X", "\n"),)}, {"target": "/\ud800"}],
)
def test_a_request_that_cannot_be_sent_is_not(changes: dict[str, Any]) -> None:
    assert not is_possible(_exchange(replace(REQUEST, **changes), ANSWER))


@pytest.mark.parametrize(
    ("status", "name", "value"),
    [(99, "X", ""), (1000, "X", ""), (200, "\n", ""), (200, "X", "\u0142"), (200, "X", "\0")],
)
def test_an_answer_that_cannot_have_come_is_not(status: int, name: str, value: str) -> None:
    response = replace(ANSWER, status=status, headers=((name, value),))
    assert not is_possible(_exchange(REQUEST, response))
