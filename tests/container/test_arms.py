"""Facts about how arms are started, told by an engine that writes down what it is asked."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

import pytest

from harness.container.unsettled import unsettled

_SERVICE, _RELAY, _MISSING = (f"sha256:{digit * 64}" for digit in "abc")
_START = """
import sys
from pathlib import Path
from harness.container.engine import ArmSpec, connect
from harness.errors import ToolError

loaded = "testcontainers" in sys.modules
directory, relay, *images = sys.argv[1:]
with connect() as engine:
    for image in images:
        spec = ArmSpec(
            name="a", image=image, relay_image=relay, port=80, run="r", directory=Path(directory),
            memory_bytes=2**24, pids=32, environment={"WHO": "me"},
        )
        try:
            with engine.start(spec) as arm:
                print("started", arm.ended())
        except ToolError as error:
            print(error)
print(loaded, "testcontainers" in sys.modules)
"""
_SETTINGS = {
    "DOCKER_AUTH_CONFIG": json.dumps(
        {"auths": {"registry.example": {"auth": base64.b64encode(b"me:secret").decode()}}}
    ),
    "TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX": "mirror.example/",
    "TESTCONTAINERS_RYUK_DISABLED": "false",
    "TESTCONTAINERS_CONNECTION_MODE": "by pigeon",
    "TC_MAX_TRIES": "many",
}

_TOLD: dict[str, Any] = {
    "/version": {"ApiVersion": "1.41"},
    "/info": {"ServerVersion": "20.10"},
    "/networks": [{"Id": "n", "Name": "ours", "IPAM": {"Config": [{"Subnet": "127.0.0.0/8"}]}}],
    **{f"/images/{name}/json": {"Id": name, "Config": {}} for name in (_SERVICE, _RELAY)},
    **{
        f"/containers/{number}/json": {"Id": number, "Name": "/c", "State": {"Running": True}}
        for number in "01"
    },
}


@dataclass(frozen=True)
class Setup:
    """A request as an engine got it."""

    method: str
    path: str
    body: Any


class _Engine(ThreadingMixIn, UnixStreamServer):
    """An engine with two images, in whose containers a relay listens as soon as it is started."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Line)
        self.asked: list[Setup] = []
        self.containers: list[dict[str, Any]] = []

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        match method, *path.strip("/").split("/"):
            case ["POST", "containers", "create"]:
                self.containers.append(body)
                return 201, {"Id": str(len(self.containers) - 1)}
            case ["POST", "containers", number, "start"]:
                for mount in self.containers[int(number)]["HostConfig"].get("Mounts", ()):
                    Path(mount["Source"], "socket").touch()
                return 204, None
            case ["POST", "containers", _, "attach"] | ["DELETE", "containers", _]:
                return 200, None
        known = _TOLD.get(path, {"message": f"no such thing: {path}"})
        return (200 if method == "GET" and path in _TOLD else 404), known


class _Line(BaseHTTPRequestHandler):
    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()

    def do_GET(self) -> None:
        engine: Any = self.server
        read = self.rfile.read(int(self.headers["Content-Length"] or 0))
        path = self.path.partition("?")[0].removeprefix("/v1.41")
        engine.asked.append(Setup(self.command, path, json.loads(read) if read else None))
        status, said = engine.answer(self.command, path, engine.asked[-1].body)
        body = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def address_string(self) -> str:
        return "a unix socket"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(path: Path) -> Iterator[_Engine]:
    with _Engine(path) as engine:
        thread = threading.Thread(target=engine.serve_forever, args=(0.02,))
        thread.start()
        yield engine
        engine.shutdown()
        thread.join()


@dataclass(frozen=True)
class Started:
    """What was said by a process that started arms, and what the engine was asked."""

    said: list[str]
    asked: list[Setup]

    def to(self, method: str, end: str) -> list[Setup]:
        return [one for one in self.asked if one.method == method and one.path.endswith(end)]


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Started:
    """An arm, then one of an image that is missing, with every setting of testcontainers made."""
    home = tmp_path_factory.mktemp("h")
    (home / ".testcontainers.properties").write_text(
        "tc.host = tcp://127.0.0.1:9\nryuk.disabled = false\nhub.image.name.prefix = mirror/\n"
    )
    with serving(home / "e.sock") as engine:
        own = {
            "HOME": str(home),
            "DOCKER_HOST": f"unix://{home}/e.sock",
            "PATH": os.environ["PATH"],
        }
        ended = subprocess.run(
            [sys.executable, "-c", _START, str(home), _RELAY, _SERVICE, _MISSING],
            env={**own, **_SETTINGS},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.stderr == ""
    return Started(ended.stdout.splitlines(), engine.asked)


def test_an_arm_is_a_service_and_its_relay_and_no_reaper(arms: Started) -> None:
    assert arms.said[0] == "started "
    created = arms.to("POST", "/containers/create")
    assert [one.body["Image"] for one in created] == [_SERVICE, _RELAY]
    assert len(arms.to("POST", "/start")) == len(arms.to("POST", "/attach")) == 2


def test_no_registry_is_logged_in_to(arms: Started) -> None:
    assert arms.to("POST", "/auth") == []
    assert not [one for one in arms.asked if "secret" in json.dumps(one.body)]


def test_an_image_that_is_missing_is_refused_and_not_pulled(arms: Started) -> None:
    assert arms.said[1].startswith("arm a: the container engine: no such thing")
    assert arms.to("GET", f"/images/{_MISSING}/json")
    assert arms.to("POST", "/images/create") == []


def test_an_image_is_named_by_its_id_whatever_prefix_is_set(arms: Started) -> None:
    assert not [one for one in arms.asked if "mirror" in one.path + json.dumps(one.body)]


def test_every_container_is_given_its_network_and_none_is_looked_for(arms: Started) -> None:
    created = arms.to("POST", "/containers/create")
    modes = [one.body["HostConfig"]["NetworkMode"] for one in created]
    assert modes == ["none", "container:0"]
    assert not [one for one in arms.asked if one.path.startswith("/networks")]


def test_both_containers_are_confined(arms: Started) -> None:
    for one in arms.to("POST", "/containers/create"):
        host = one.body["HostConfig"]
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges"]
        assert host["LogConfig"]["Type"] == "none"
        assert host["Memory"] == host["MemorySwap"] > 0
        assert host["PidsLimit"] > 0
        assert "PortBindings" not in host
    service, relay = arms.to("POST", "/containers/create")
    assert service.body["Env"] == ["WHO=me"]
    assert "Mounts" not in service.body["HostConfig"]
    assert len(relay.body["HostConfig"]["Mounts"]) == 1


def test_both_containers_are_removed(arms: Started) -> None:
    removed = [one.path for one in arms.asked if one.method == "DELETE"]
    assert removed == ["/containers/1", "/containers/0"]


def test_testcontainers_is_loaded_by_the_first_arm_and_not_before(arms: Started) -> None:
    assert arms.said[-1] == "False True"


def test_settings_are_hidden_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TC_HOST", "elsewhere")
    monkeypatch.setenv("HOMEWARD", "stays")
    before = dict(os.environ)
    with unsettled():
        assert "TC_HOST" not in os.environ
        assert os.environ["HOMEWARD"] == "stays"
        assert not Path.home().joinpath(".testcontainers.properties").exists()
    assert dict(os.environ) == before
