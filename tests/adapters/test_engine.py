"""Facts about engines that are not there; for one that is, see tests/integration/test_arms.py."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from typing import Any

import pytest

from harness.adapters.engine import connect
from harness.errors import ToolError


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


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with UnixStreamServer(f"{tmp_path}/engine.sock", _Engine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("engine")
def test_an_image_that_somebody_removes_meanwhile_is_passed_over() -> None:
    with connect() as engine:
        assert engine.stacks() == [("sha256:1", "sha256:2")]
        assert engine.has_image(_THERE)
