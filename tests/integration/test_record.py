"""A recording of real traffic to a real server holds what the client sent, byte by byte."""

import signal
import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from harness.record.core.exchange import Request
from harness.record.recordings import read
from harness.shadow.core.schedule import serial
from harness.shadow.replay import health, play
from tests.arms import answer, saying, serving_loopback
from tests.integration.demo import production_image, traffic
from tests.recorders import PATIENCE, recorded, recording

pytestmark = pytest.mark.docker

INFER = "/v2/models/wine/infer"
_REQUESTS = 60


@pytest.fixture(scope="module")
def image() -> str:
    return production_image()


@pytest.fixture(scope="module")
def asked(image: str) -> list[Request]:
    return traffic(image)[:_REQUESTS]


@pytest.fixture(scope="module")
def port(image: str) -> Iterator[int]:
    """Where the demonstration's server listens on loopback."""
    testcontainers_config.ryuk_disabled = True
    container = DockerContainer(image)
    ports: dict[str, Any] = container.ports
    ports["8080/tcp"] = "127.0.0.1", None
    with container:
        port = int(container.get_exposed_port(8080))
        assert health(("127.0.0.1", port), "/v2/health/ready").ready
        yield port


def binary_tensor() -> tuple[bytes, dict[str, str]]:
    """Return a request of the protocol's binary extension: its numbers are bytes after the JSON."""
    numbers = struct.pack("<13d", *(1 / (n + 1) for n in range(13)))
    head = (
        b'{"inputs":[{"name":"predict","shape":[1,13],"datatype":"FP64",'
        b'"parameters":{"binary_data_size":104}}]}'
    )
    return head + numbers, {"Inference-Header-Content-Length": str(len(head))}


def test_what_was_recorded_is_sent_again_byte_by_byte(
    port: int, asked: Sequence[Request], tmp_path: Path
) -> None:
    tensor, length = binary_tensor()
    bodies = [request.body for request in asked]
    with recording(tmp_path, port) as running, requests.Session() as session:
        answers = [
            session.post(running.url + INFER, data=body, timeout=PATIENCE) for body in bodies
        ]
        running.post(tensor, INFER, **length)
        (tmp_path / "large").write_bytes(bytes(range(256)) * 4096)
        large = ["--data-binary", f"@{tmp_path}/large", "--header", "Expect: 100-continue"]
        chunked = ["--header", "Transfer-Encoding: chunked", running.url + INFER]
        subprocess.run(["curl", "--silent", *large, *chunked], check=True, capture_output=True)
        status, out, _ = running.end()
    sent = [*bodies, tensor, (tmp_path / "large").read_bytes()]
    assert (status, out.count(f"{len(sent)} requests recorded, 0 not")) == (0, 1)

    exchanges = recorded(running.output)
    assert [each.request.body for each in exchanges] == sent
    responses = [each.response for each in exchanges]
    assert None not in responses
    assert [each and (each.status, each.body) for each in responses[:-2]] == [
        (each.status_code, each.content) for each in answers
    ]
    assert 200 in {each.status_code for each in answers}

    with serving_loopback(saying(answer())) as other, read(running.output) as again:
        where = ("127.0.0.1", other.port)
        turns = serial(range(len(again)), 1)
        assert len(list(play([where] * 3, lambda number: again[number].request, turns))) == len(
            sent
        )
        assert [body for _, body in other.requests] == [body for body in sent for _ in range(3)]


def test_a_server_answers_through_the_proxy_as_it_does_alone(port: int, tmp_path: Path) -> None:
    asked = [
        ("GET", "/v2/health/ready"),
        ("GET", "/v2/models/wine?verbose=%2Fa"),
        ("HEAD", "/v2/models/wine"),
        ("OPTIONS", INFER),
        ("PUT", "/nowhere"),
        ("POST", INFER),
    ]
    with recording(tmp_path, port) as running:
        for method, target in asked:
            alone, through = (
                requests.request(method, url + target, data=b"{", timeout=PATIENCE)
                for url in (f"http://127.0.0.1:{port}", running.url)
            )
            assert (through.status_code, through.reason) == (alone.status_code, alone.reason)
            assert through.content == alone.content
            assert [*through.raw.headers.items()][1:] == [*alone.raw.headers.items()][1:]
            assert "date" in alone.headers
        assert running.end()[0] == 0
    assert [
        (each.request.method, each.request.target) for each in recorded(running.output)
    ] == asked


def test_killed_in_the_middle_of_traffic_it_leaves_a_recording(
    port: int, asked: Sequence[Request], tmp_path: Path
) -> None:
    bodies = {request.body for request in asked}

    def ask(url: str) -> None:
        with requests.Session() as session:
            try:
                while True:
                    for body in bodies:
                        session.post(url, data=body, timeout=PATIENCE)
            except requests.RequestException:  # also within an answer
                pass

    with recording(tmp_path, port) as running:
        clients = [threading.Thread(target=ask, args=[running.url + INFER]) for _ in range(3)]
        for client in clients:
            client.start()
        while not running.output.stat().st_size > 20_000:
            running.process.poll()
        running.end(signal.SIGKILL)
        for client in clients:
            client.join()
    exchanges = recorded(running.output)
    assert exchanges
    assert {each.request.body for each in exchanges} <= bodies
    assert all(each.response for each in exchanges)
