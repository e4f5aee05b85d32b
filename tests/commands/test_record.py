import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

from tests import schemas
from tests.arms import answer, echoing, saying, serving_loopback, silent
from tests.recorders import HARNESS, PATIENCE, recorded, recording


def unpacked(path: Path) -> bytes:
    """Return a recording's bytes as another program unpacks them."""
    return subprocess.run(["zcat", path], check=True, capture_output=True).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_passed_is_recorded_when_a_signal_ends_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    bodies = [b"first", bytes(range(256)), b""]
    with serving_loopback(echoing) as service, recording(tmp_path, service.port) as running:
        assert [running.post(body) for body in bodies] == bodies
        status, out, _ = running.end(number)
    assert (status, out) == (0, f"{running.output}: 3 requests recorded, 0 not\n")
    exchanges = recorded(running.output)
    assert [each.request.body for each in exchanges] == bodies
    assert [each.response and each.response.body for each in exchanges] == bodies
    assert [each.number for each in exchanges] == [0, 1, 2]
    assert running.output.stat().st_mode & 0o777 == 0o600


def spoilt(url: str, secret: bytes) -> list[bytes]:
    """Send requests that are refused, each with a secret in it; return what is said to them."""
    replies = []
    for line in (b"a header\x00 that is none", b"Connection: upgrade\r\nUpgrade: " + secret):
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
            head = b"GET /%b HTTP/1.1\r\nHost: %b\r\nAuthorization: %b\r\n" % ((secret,) * 3)
            connection.sendall(head + line + b"\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            replies.append(b"".join(iter(lambda: connection.recv(65_536), b"")))
    return replies


SECRETS = {
    "Authorization": "Bearer hush-1",
    "Proxy-Authorization": "Basic hush-2",
    "Cookie": "session=hush-3",
    "X-Api-Key": "hush-4",
}


def test_credentials_and_declared_fields_never_reach_the_file_or_the_terminal(
    tmp_path: Path,
) -> None:
    redact = ["--redact", "token", "--redact", "rows.*.token", "--redact", "query:who"]
    said = answer(b'{"token": "hush-5", "score": 1}', "Set-Cookie: session=hush-6")
    with (
        serving_loopback(saying(said)) as service,
        recording(tmp_path, service.port, *redact) as running,
    ):
        running.post(
            b'{"token": "hush-7", "rows": [{"token": "hush-8"}]}', "/?who=hush-9", **SECRETS
        )
        arrived = service.requests[0][0]
        replies = spoilt(running.url, b"hush-10")
        status, out, err = running.end()
    assert all(f"{name}: {value}" in arrived for name, value in SECRETS.items())
    assert status == 0
    assert len(recorded(running.output)) == 1
    for place in (unpacked(running.output), running.output.read_bytes(), (out + err).encode()):
        assert b"hush" not in place
    assert [reply[:12] for reply in replies] == [b"HTTP/1.1 400", b"HTTP/1.1 501"]
    assert b"hush" not in b"".join(replies)


def test_a_recording_ends_after_so_many_requests(tmp_path: Path) -> None:
    with (
        serving_loopback(echoing) as service,
        recording(tmp_path, service.port, "--max-requests", "2", "--json") as running,
    ):
        running.post(b"1")
        running.post(b"2")
        status, out, _ = running.ended()
    assert status == 0
    assert schemas.check("record", out) == {
        "recording": str(running.output),
        "recorded": 2,
        "unanswered": 0,
        "unseen": [],
        "not-recorded": {},
        "failure": None,
    }


def test_a_service_that_cannot_be_reached_is_said_once_and_what_it_left_unanswered(
    tmp_path: Path,
) -> None:
    with serving_loopback(echoing) as service:
        port = service.port
    with recording(tmp_path, port, "--redact", "user") as running:
        for _ in range(2):
            assert running.post(b"{}") == b"harness record: the service cannot be reached\n"
        status, out, err = running.end()
    assert status == 0
    assert out == (
        f"{running.output}: 2 requests recorded, 0 not\n"
        "  2 of the recorded have no answer\n"
        "  nothing had the field user, which was to be redacted\n"
    )
    url = f"http://127.0.0.1:{port}"
    assert err.count(f"harness: {url} cannot be reached (Connect call failed") == 1


def test_a_recording_ends_after_so_many_seconds(tmp_path: Path) -> None:
    with (
        serving_loopback(echoing) as service,
        recording(tmp_path, service.port, "--for", "2") as running,
    ):
        running.post(b"1")
        status, out, _ = running.ended()
    assert (status, out.count("1 requests recorded")) == (0, 1)


def test_a_second_interrupt_cuts_off_what_is_on_its_way(tmp_path: Path) -> None:
    def ask(url: str) -> None:
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=PATIENCE)

    with (
        serving_loopback(silent) as service,
        recording(tmp_path, service.port) as running,
    ):
        client = threading.Thread(target=ask, args=[running.url])
        client.start()
        while not service.requests:
            time.sleep(0.01)
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert running.process.poll() is None
        status, out, _ = running.end()
        client.join()
    assert status == 0
    assert out.endswith("0 requests recorded, 1 not\n  1 cut off by the recording's end\n")


def test_killed_without_warning_it_leaves_what_passed_some_seconds_ago(tmp_path: Path) -> None:
    with serving_loopback(echoing) as service, recording(tmp_path, service.port) as running:
        for number in range(20):
            running.post(b"%d" % number)
        deadline = time.monotonic() + PATIENCE
        while len(recorded(running.output)) < 20 and time.monotonic() < deadline:
            time.sleep(0.1)
        running.post(b"last")
        assert running.end(signal.SIGKILL)[0] == -signal.SIGKILL
    bodies = [each.request.body for each in recorded(running.output)]
    assert bodies[:20] == [b"%d" % number for number in range(20)]


def test_a_full_disk_ends_the_recording_and_not_the_service(tmp_path: Path) -> None:
    noise = [os.urandom(50_000) for _ in range(30)]
    with (
        serving_loopback(echoing) as service,
        recording(tmp_path, service.port, below=["prlimit", "--fsize=600000"]) as running,
    ):
        assert [running.post(body) for body in noise] == noise
        assert running.process.stderr
        said = running.process.stderr.readline()
        assert running.post(b"still") == b"still"
        status, out, err = running.end()
    assert status == 3
    assert (said.count("are no longer recorded"), err) == (1, "")
    assert "ended early: " in out
    exchanges = recorded(running.output)
    count = len(exchanges)
    assert 0 < count < 30
    assert out.startswith(f"{running.output}: {count} requests recorded, {31 - count} not\n")
    assert [each.request.body for each in exchanges] == noise[: len(exchanges)]


def test_what_another_program_recorded_is_imported(tmp_path: Path) -> None:
    lines = [{"method": "POST", "target": "/", "body": {"a": n}} for n in range(3)]
    (tmp_path / "lines").write_text("".join(json.dumps(line) + "\n" for line in lines))
    argv = [*HARNESS, "record", "--from", "lines", "--format", "jsonl", "--output", "x.rec"]
    argv += ["--redact", "usr"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == (
        "x.rec: 3 requests recorded, 0 not\n"
        "  3 of the recorded have no answer\n"
        "  nothing had the field usr, which was to be redacted\n"
    )
    bodies = [json.loads(each.request.body) for each in recorded(tmp_path / "x.rec")]
    assert bodies == [{"a": n} for n in range(3)]


def test_an_address_that_is_taken_leaves_no_file(tmp_path: Path) -> None:
    with serving_loopback(echoing) as service:
        argv = [*HARNESS, "record", "--upstream", "http://127.0.0.1:9", "--output", "x.rec"]
        listen = ["--listen", str(service.port)]
        done = subprocess.run(
            [*argv, *listen], capture_output=True, text=True, check=False, cwd=tmp_path
        )
    assert (done.returncode, "cannot listen" in done.stderr) == (3, True)
    assert not (tmp_path / "x.rec").exists()


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "day.rec").write_bytes(b"kept")
    to = ["--output", str(tmp_path / "day.rec")]
    done = subprocess.run(
        [*HARNESS, "record", "--listen", "0", "--upstream", "http://127.0.0.1:9", *to],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, (tmp_path / "day.rec").read_bytes()) == (2, b"kept")


@pytest.mark.parametrize(
    "options",
    [
        ["--listen", "0"],
        ["--upstream", "http://127.0.0.1:9"],
        ["--from", "x", "--format", "har", "--listen", "0"],
        ["--from", "x"],
        ["--from", "x", "--format", "har", "--for", "3"],
        ["--listen", "0.0.0.0:0", "--upstream", "http://127.0.0.1:9"],
        ["--listen", "9", "--upstream", "http://127.0.0.1:9"],
    ],
)
def test_what_cannot_be_meant_is_refused_before_a_file_is_made(
    tmp_path: Path, options: list[str]
) -> None:
    output = tmp_path / "x.rec"
    argv = [*HARNESS, "record", "--output", str(output), *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, output.exists()) == (2, False)
    assert "Traceback" not in done.stderr
