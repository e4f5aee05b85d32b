"""Facts about engines that are not there; for one that is, see tests/integration/test_arms.py."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from typing import Any

import pytest

from harness.container import engine_line
from harness.container.engine import connect
from harness.errors import ToolError
from harness.host.metered import Patience


def test_an_engine_that_does_not_answer_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with pytest.raises(ToolError, match=r"engine\.sock: no container engine answers.*docker\.io"):
        connect()


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:2375", "ssh://somebody@elsewhere"])
def test_an_engine_elsewhere_is_not_asked(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(ToolError, match="not a unix socket"):
        connect()


_THERE, _GONE = (f"sha256:{digit * 64}" for digit in "ab")
_ANSWERS: dict[str, Any] = {
    "version": {"ApiVersion": "1.41"},
    "info": {"ServerVersion": "20.10"},
    "images/json": [{"Id": _THERE}, {"Id": _GONE}],
    f"images/{_THERE}/json": {"Id": _THERE, "RootFS": {"Layers": ["sha256:1", "sha256:2"]}},
}


class _Engine(BaseHTTPRequestHandler):
    """An engine that lists an image which somebody removes before it is asked for."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/")
        known = _ANSWERS.get(path.removeprefix("v1.41/"))
        body = json.dumps(known or {"message": "No such image"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "a unix socket"

    def log_message(self, *_: object) -> None:
        pass


class _Slow(_Engine):
    """An engine that gives its facts a byte at a time."""

    def do_GET(self) -> None:
        if not self.path.endswith("/info"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "8000000")
        self.end_headers()
        with suppress(OSError):
            for _ in range(300):
                self.wfile.write(b" ")
                time.sleep(0.01)


class _Lying(_Engine):
    """An engine whose answers are not facts."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")


@pytest.mark.parametrize(
    ("kind", "said"), [(_Slow, r"only \d+ bytes in 0.3 s"), (_Lying, "not a container engine")]
)
def test_an_engine_that_gives_no_facts_in_time_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[_Engine], said: str
) -> None:
    monkeypatch.setattr(engine_line, "_PATIENCE", Patience(window=0.3))
    with serving(tmp_path, kind) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ToolError, match=said):
            connect()


@contextmanager
def serving(directory: Path, kind: type[_Engine]) -> Iterator[str]:
    with UnixStreamServer(f"{directory}/engine.sock", kind) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"unix://{directory}/engine.sock"
        server.shutdown()
        thread.join()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with serving(tmp_path, _Engine) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        yield


@pytest.mark.usefixtures("engine")
def test_an_image_that_somebody_removes_meanwhile_is_passed_over() -> None:
    with connect() as engine:
        assert engine.stacks() == [("sha256:1", "sha256:2")]
        assert engine.has_image(_THERE)
