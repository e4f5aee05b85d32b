"""What carries requests to an engine: answers have limits, but for those without an end."""

import socket
import time

import pytest
import requests

from harness.container import engine_line
from harness.container.engine_line import FAILURES, EngineLine
from harness.host.metered import Patience
from tests.arms import Arm, Behaviour, answer, closing_under, saying, serving

HERE = "http+docker://localhost"
PIECES = 8


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_line, "_PATIENCE", Patience(window=0.2, largest=1000))
    monkeypatch.setattr(engine_line, "_LONG_PATIENCE", Patience(window=60, begin=60))


def slowly(line: socket.socket, arm: Arm) -> None:
    """Answer a byte at a time, for longer than patience lasts."""
    if arm.received(line):
        line.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {PIECES}\r\n\r\n".encode())
        for _ in range(PIECES):
            time.sleep(0.06)
            line.sendall(b"x")


def asked(behaviour: Behaviour, path: str) -> requests.Response:
    with serving(behaviour) as (arm,), requests.Session() as session:
        session.mount(HERE, EngineLine(str(arm.path), 5))
        return session.get(f"{HERE}{path}")


@pytest.mark.parametrize(
    "path",
    [
        "/v1.41/containers/abc/attach?stream=1",
        "/v1.41/containers/abc/wait",
        "/v1.41/images/load",
        "/v1.41/images/get?names=a",
        "/v1.41/images/sha256:abc/get",
    ],
)
def test_what_may_go_on_for_long_is_read_to_its_end(path: str) -> None:
    assert asked(slowly, path).content == b"x" * PIECES


@pytest.mark.parametrize(
    "path",
    [
        "/v1.41/info",
        "/v1.41/containers/abc/json",
        "/v1.41/images/attach/json",
        "/v1.41/info?path=/containers/abc/attach",
    ],
)
def test_what_should_be_short_is_given_up_where_it_is_slow(path: str) -> None:
    with pytest.raises(FAILURES, match=r"in 0\.2 s"):
        asked(slowly, path)


def test_what_should_be_short_is_given_up_where_it_is_large() -> None:
    assert asked(saying(answer(b"x" * 999)), "/info").content == b"x" * 999
    with pytest.raises(FAILURES):
        asked(saying(answer(b"x" * 300_000)), "/info")


def test_one_connection_serves_requests_one_after_the_other() -> None:
    with serving(saying(answer())) as (arm,), requests.Session() as session:
        session.mount(HERE, EngineLine(str(arm.path), 5))
        assert [session.get(f"{HERE}/info").content for _ in range(3)] == [b"ok"] * 3
        assert arm.connections == 1


def test_an_engine_that_closes_under_a_request_is_one_of_the_failures() -> None:
    with serving(closing_under) as (arm,), requests.Session() as session:
        session.mount(HERE, EngineLine(str(arm.path), 5))
        assert session.get(f"{HERE}/info").ok
        with pytest.raises(FAILURES):
            session.get(f"{HERE}/info")
