import asyncio
import contextlib
import gc
import gzip
import http.client
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from harness.errors import ToolError
from harness.record import bodies, proxy
from harness.record.core.exchange import Request, Response
from harness.record.proxy import Proxy, listening
from harness.record.upstream import Upstream
from tests.arms import Arm, Behaviour, answer, echoing, saying, serving_loopback

PATIENCE = 10.0


class Sink:
    """What a proxy tells."""

    def __init__(self) -> None:
        self.exchanges: list[tuple[float, Request, Response | None]] = []
        self.reasons: Counter[str] = Counter()

    def exchanged(self, at: float, request: Request, response: Response | None) -> None:
        self.exchanges.append((at, request, response))

    def left_out(self, reason: str) -> None:
        self.reasons[reason] += 1

    @property
    def responses(self) -> list[Response | None]:
        return [response for _, _, response in self.exchanges]


class Running:
    """A proxy in a thread of its own."""

    def __init__(self, upstream: Upstream, seconds: float) -> None:
        self.sink = Sink()
        self.proxy: Proxy
        self._ready, self._upstream, self._seconds = threading.Event(), upstream, seconds
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()))
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    async def _listen(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        where = "127.0.0.1", 0
        async with listening(*where, self._upstream, self.sink, seconds=self._seconds) as made:
            self.proxy = made
            self._ready.set()
            await self._end.wait()

    @property
    def port(self) -> int:
        return self.proxy.port

    def end(self) -> None:
        """Have it finish, and wait."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def line(self) -> socket.socket:
        """Return a connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def said(self, *pieces: bytes) -> bytes:
        """Return all that it answers to these bytes on one connection, which it closes."""
        with self.line() as line:
            for piece in pieces:
                line.sendall(piece)
            return everything(line)


@contextlib.contextmanager
def proxied(port: int, *, seconds: float = PATIENCE) -> Iterator[Running]:
    running = Running(Upstream(host="127.0.0.1", port=port), seconds)
    try:
        yield running
    finally:
        with contextlib.suppress(RuntimeError):  # ended by the test
            running.end()


@contextlib.contextmanager
def between(behaviour: Behaviour, *, seconds: float = PATIENCE) -> Iterator[tuple[Running, Arm]]:
    with serving_loopback(behaviour) as arm, proxied(arm.port, seconds=seconds) as running:
        yield running, arm


def everything(line: socket.socket) -> bytes:
    return b"".join(iter(lambda: line.recv(65_536), b""))


def until(line: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        more = line.recv(1)
        assert more, data
        data += more
    return data


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def raw(*steps: bytes | None) -> Behaviour:
    """Say bytes on a connection as steps: None reads a head first."""

    def behave(line: socket.socket, arm: Arm) -> None:
        for step in steps:
            if step is not None:
                line.sendall(step)
            elif not arm.received(line):
                return

    return behave


def self_signed(name: str, directory: Path) -> tuple[Path, Path]:
    """Return the files of a certificate for a name, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "certificate").write_bytes(certificate.public_bytes(Encoding.PEM))
    unencrypted = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    (directory / "key").write_bytes(key.private_bytes(*unencrypted))
    return directory / "certificate", directory / "key"


CLOSE = b"Connection: close\r\n\r\n"
GET = b"GET /a?b HTTP/1.1\r\nHost: service.example\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: service.example\r\n"


# Transparent.


def test_a_request_and_its_answer_pass_as_they_are_and_are_told() -> None:
    body = bytes(range(256)) * 300
    with between(saying(answer(body, "X-A: 1", "x-a: \xe9", status="203 So so"))) as (running, arm):
        line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
        sent = {"Host": "service.example", "X-B": "2", "Content-Type": "x/y"}
        line.request("PUT", "/a%2F?b=%00", body=body, headers=sent)
        got = line.getresponse()
        assert (got.status, got.reason, got.read()) == (203, "So so", body)
        assert got.getheaders()[:2] == [("X-A", "1"), ("x-a", "\xe9")]
        line.close()
        running.end()
        head, arrived = arm.requests[0]
    assert arrived == body
    assert head.splitlines() == [
        "PUT /a%2F?b=%00 HTTP/1.1",
        "Accept-Encoding: identity",
        f"Content-Length: {len(body)}",
        "Host: service.example",
        "X-B: 2",
        "Content-Type: x/y",
    ]
    [(at, request, response)] = running.sink.exchanges
    assert (at, request.method, request.target, request.body) == (0, "PUT", "/a%2F?b=%00", body)
    assert [f"{name}: {value}" for name, value in request.headers] == head.splitlines()[1:]
    assert response == Response(
        status=203,
        headers=(("X-A", "1"), ("x-a", "\xe9"), ("Content-Length", str(len(body)))),
        body=body,
    )


def test_connections_are_kept_and_have_one_each_to_the_service() -> None:
    with between(echoing) as (running, arm):
        sessions = [requests.Session() for _ in range(3)]
        for number in range(30):
            body = str(number).encode()
            url = f"http://127.0.0.1:{running.port}/"
            assert sessions[number % 3].post(url, data=body, timeout=PATIENCE).content == body
        assert arm.connections == 3
        for session in sessions:
            session.close()
        eventually(lambda: arm.closed == 3)
    assert [request.body for _, request, _ in running.sink.exchanges] == [
        str(number).encode() for number in range(30)
    ]


def test_times_count_from_the_first_request() -> None:
    with between(saying(answer())) as (running, _):
        for pause in (0.0, 0.1, 0.1):
            time.sleep(pause)
            running.said(GET + CLOSE)
    ats = [at for at, _, _ in running.sink.exchanges]
    assert ats[0] == 0
    assert ats[1] >= 0.1
    assert ats[2] >= 0.2


def test_a_compressed_body_passes_and_is_told_compressed() -> None:
    packed = gzip.compress(b"text" * 1000)
    with between(saying(answer(packed, "Content-Encoding: gzip"))) as (running, _):
        assert running.said(GET + CLOSE).endswith(packed)
    assert [response and response.body for response in running.sink.responses] == [packed]


@pytest.mark.parametrize(
    "message",
    [
        b"HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_an_answer_without_a_body_keeps_the_connection(message: bytes) -> None:
    with between(saying(message, answer())) as (running, arm), running.line() as line:
        line.sendall(GET + b"\r\n")
        assert until(line, b"\r\n\r\n") == message
        line.sendall(GET + CLOSE)
        assert everything(line).endswith(b"\r\n\r\nok")
        assert arm.connections == 1


def test_an_answer_to_head_has_a_length_and_no_body() -> None:
    message = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    with between(saying(message)) as (running, arm), running.line() as line:
        for _ in range(2):
            line.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert until(line, b"\r\n\r\n") == message
        assert arm.connections == 1
    assert [response and response.body for response in running.sink.responses] == [b"", b""]


def test_chunked_bodies_pass_chunked_both_ways_and_are_told_whole() -> None:
    began, got = threading.Event(), list[bytes]()

    def behave(line: socket.socket, _: Arm) -> None:
        got.append(until(line, b"xyz\r\n"))
        began.set()
        got.append(until(line, b"0\r\nSum: 9\r\n\r\n"))
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.sendall(b"2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailing: 1\r\n\r\n")

    with between(behave) as (running, _), running.line() as line:
        head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
        line.sendall(head + b"3\r\nxyz\r\n4\r\n")
        assert began.wait(PATIENCE)
        line.sendall(b"1234\r\n0\r\nSum: 9\r\n\r\n")
        answered = until(line, b"Trailing: 1\r\n\r\n")
    assert got == [head + b"3\r\nxyz\r\n", b"4\r\n1234\r\n0\r\nSum: 9\r\n\r\n"]
    assert answered.startswith(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert answered.endswith(b"c\r\n0\r\nTrailing: 1\r\n\r\n")
    [(_, request, response)] = running.sink.exchanges
    assert request.body == b"xyz1234"
    assert response
    assert response.body == b"abc"


def test_a_stream_passes_as_it_comes_and_is_told_once_it_is_whole() -> None:
    go_on = threading.Semaphore(0)

    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            line.sendall(b"data: %d\n\n" % number)
            go_on.acquire()

    with between(behave) as (running, _), running.line() as line:
        line.sendall(GET + b"\r\n")
        for number in range(3):
            assert until(line, b"data: %d\n\n" % number)
            assert not running.sink.exchanges
            go_on.release()
        assert everything(line) == b""
        eventually(lambda: bool(running.sink.exchanges))
    assert [response and response.body for response in running.sink.responses] == [
        b"data: 0\n\ndata: 1\n\ndata: 2\n\n"
    ]


def test_a_client_that_asks_first_is_told_to_go_on_by_the_service() -> None:
    def behave(line: socket.socket, _: Arm) -> None:
        assert b"Expect: 100-continue" in until(line, b"\r\n\r\n")
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        line.sendall(answer(until(line, b"abc")))

    with between(behave) as (running, _), running.line() as line:
        line.sendall(POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert until(line, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"abc")
        assert until(line, b"abc").startswith(b"HTTP/1.1 200 OK")
    assert [request.body for _, request, _ in running.sink.exchanges] == [b"abc"]


def test_early_hints_come_before_the_answer() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with between(raw(None, hints, answer())) as (running, _):
        assert running.said(GET + CLOSE).startswith(hints + b"HTTP/1.1 200 OK")
    assert [response and response.status for response in running.sink.responses] == [200]


def test_an_old_client_gets_no_chunks_and_no_hints() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    with between(raw(None, hints, chunked)) as (running, arm):
        said = running.said(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert said == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"
        host = f"Host: 127.0.0.1:{arm.port}"
        assert arm.requests == [(f"GET / HTTP/1.1\r\n{host}\r\nConnection: close", b"")]


def test_pipelined_requests_are_answered_in_order() -> None:
    messages = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(20)]

    def behave(line: socket.socket, arm: Arm) -> None:
        while head := arm.received(line):
            line.sendall(answer(head.split()[1].encode()))

    with between(behave) as (running, _), running.line() as line:
        line.sendall(b"".join(messages))
        assert until(line, b"/19").count(b"HTTP/1.1 200 OK") == 20
    targets = [request.target for _, request, _ in running.sink.exchanges]
    assert targets == [f"/{number}" for number in range(20)]


def test_a_client_that_says_no_more_is_still_answered() -> None:
    with between(saying(answer())) as (running, _), running.line() as line:
        line.sendall(GET + b"\r\n")
        line.shutdown(socket.SHUT_WR)
        assert everything(line).endswith(b"\r\n\r\nok")
    assert len(running.sink.exchanges) == 1


def test_many_connections_go_on_at_once() -> None:
    together = threading.Barrier(8)

    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        together.wait(PATIENCE)  # until all have come
        line.sendall(answer(b"together"))

    said: list[bytes] = []
    with between(behave) as (running, _):
        threads = [
            threading.Thread(target=lambda: said.append(running.said(GET + CLOSE)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [each[-8:] for each in said] == [b"together"] * 8


def test_a_client_that_reads_slowly_holds_back_the_service_and_loses_nothing() -> None:
    size = 30 * 2**20
    sent = threading.Event()

    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        line.settimeout(PATIENCE)
        line.sendall(answer(b"x" * size))
        sent.set()

    with between(behave) as (running, _), running.line() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        line.sendall(GET + CLOSE)
        assert not sent.wait(0.3)
        assert everything(line).partition(b"\r\n\r\n")[2] == b"x" * size


@pytest.mark.parametrize("service", ["Connection: close", "Keep-Alive: timeout=1"])
def test_a_connection_ends_for_the_client_when_the_service_ends_it(service: str) -> None:
    with between(raw(None, answer(b"ok", service))) as (running, _), running.line() as line:
        line.sendall(GET + b"\r\n")
        said = everything(line)
    assert said.endswith(b"\r\n\r\nok")
    assert (b"Connection: close" in said) is (service == "Connection: close")


def test_what_the_service_says_unasked_never_becomes_an_answer() -> None:
    unasked = answer(b"poison")
    with between(raw(None, answer(b"first") + unasked)) as (running, arm), running.line() as line:
        line.sendall(GET + b"\r\n" + GET + b"\r\n")
        assert everything(line).endswith(b"\r\n\r\nfirst")
        assert len(arm.requests) == 1


def test_http_2_is_not_offered_and_the_request_passes_as_http_1() -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"
    with between(saying(answer())) as (running, arm), running.line() as line:
        line.sendall(GET + upgrade + b"\r\n")
        assert until(line, b"ok").startswith(b"HTTP/1.1 200 OK")
        assert arm.requests[0][0] == "GET /a?b HTTP/1.1\r\nHost: service.example"


def test_a_body_behind_an_offer_of_http_2_is_no_request() -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"
    body = GET + b"\r\n"
    with between(saying(answer())) as (running, arm), running.line() as line:
        line.sendall(POST + upgrade + b"Content-Length: %d\r\n\r\n" % len(body))
        line.sendall(body)
        assert until(line, b"ok").startswith(b"HTTP/1.1 200 OK")
        assert [sent for _, sent in arm.requests] == [body]
    assert [request.body for _, request, _ in running.sink.exchanges] == [body]


def test_a_service_with_tls_is_reached_by_its_name(tmp_path: Path) -> None:
    certificate, key = self_signed("localhost", tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)

    def behave(line: socket.socket, arm: Arm) -> None:
        with own.wrap_socket(line, server_side=True) as inner:
            saying(answer(b"private"))(inner, arm)

    tls = ssl.create_default_context(cafile=certificate)
    with serving_loopback(behave) as arm:
        for host, status in (("localhost", b"200"), ("127.0.0.1", b"502")):
            running = Running(Upstream(host=host, port=arm.port, tls=tls), PATIENCE)
            assert running.said(GET + CLOSE).startswith(b"HTTP/1.1 " + status)
            running.end()
    assert running.proxy.unreachable == (
        "IP address mismatch, certificate is not valid for '127.0.0.1'; "
        "SSL_CERT_FILE names the authorities to trust"
    )


# Refused.


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n1\r\naGET /b HTTP/1.1\r\n\r\n", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 501),
        (b"A: " + b"a" * 400_000 + b"\r\n\r\n", 400),
        (b"A:\r\n" * 100_000 + b"\r\n", 400),
    ],
)
def test_what_is_refused_never_reaches_the_service(lines: bytes, status: int) -> None:
    with between(saying(answer())) as (running, arm):
        said = running.said(POST + lines)
        assert said.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\nConnection: close\r\n" in said
        assert (arm.connections, running.sink.exchanges) == (0, [])
        [(reason, count)] = running.sink.reasons.items()
    assert count == 1
    assert reason.startswith("refused: ")


def test_a_body_that_breaks_its_framing_is_never_whole_at_the_service() -> None:
    began, came = threading.Event(), list[bytes]()

    def behave(line: socket.socket, _: Arm) -> None:
        until(line, b"1\r\na\r\n")
        began.set()
        came.append(everything(line))

    with between(behave) as (running, _), running.line() as line:
        line.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        assert began.wait(PATIENCE)
        line.sendall(b"nonsense\r\n0\r\n\r\n")
        assert everything(line).startswith(b"HTTP/1.1 400 ")
        eventually(lambda: bool(came))
    assert came == [b""]
    assert [reason[:7] for reason in running.sink.reasons] == ["refused"]


def test_a_spoilt_request_behind_a_good_one_does_not_take_its_answer() -> None:
    with between(saying(answer())) as (running, _):
        said = running.said(GET + b"\r\nnonsense\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 400 ")
    assert len(running.sink.exchanges) == 1


# Failures.


def test_a_service_that_is_not_there_is_a_502_told_without_an_answer() -> None:
    with serving_loopback(saying(answer())) as arm:
        port = arm.port
    with proxied(port) as running:
        said = running.said(POST + b"Content-Length: 3\r\n\r\nabc")
        assert said.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        assert said.endswith(b"harness record: the service cannot be reached\n")
        later = running.said(POST + b"Content-Length: 3\r\n\r\n", b"a", b"bc")
        assert later.startswith(b"HTTP/1.1 502 ")
        eventually(lambda: len(running.sink.exchanges) == 2)
    assert [(request.body, response) for _, request, response in running.sink.exchanges] == [
        (b"abc", None)
    ] * 2


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"nonsense\r\n\r\n"])
def test_a_service_that_does_not_answer_is_a_502(said: bytes) -> None:
    with between(raw(None, said)) as (running, _):
        assert running.said(GET + b"\r\n").startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert running.sink.responses == [None]


def test_an_answer_that_breaks_off_breaks_off_for_the_client() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    with between(raw(None, head + b"abc")) as (running, _), running.line() as line:
        line.sendall(GET + b"\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert everything(line) in {b"", head + b"abc"}
    assert running.sink.responses == [None]


def test_a_kept_connection_that_ends_unanswered_ends_for_the_client_too() -> None:
    with between(raw(None, answer(), None)) as (running, _), running.line() as line:
        line.sendall(GET + b"\r\n")
        until(line, b"ok")
        line.sendall(GET + b"\r\n")
        assert everything(line) == b""
    assert [response is None for response in running.sink.responses] == [False, True]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_body_that_comes_after_its_answer_is_recorded(keeps: bool) -> None:
    said = answer(b"no", *([] if keeps else ["Connection: close"]), status="401 Unauthorized")

    def behave(line: socket.socket, arm: Arm) -> None:
        until(line, b"\r\n\r\n")
        line.sendall(said)
        if keeps:
            until(line, b"\r\n\r\nabc")
            line.sendall(answer(b"again"))
            arm.ending.wait(PATIENCE)

    with between(behave) as (running, arm), running.line() as line:
        line.sendall(POST + b"Content-Length: 3\r\n\r\n")
        until(line, b"\r\n\r\nno")
        line.sendall(b"abc")
        eventually(lambda: len(running.sink.exchanges) == 1)
        if keeps:
            line.sendall(POST + b"Content-Length: 3\r\n\r\nabc")
            until(line, b"again")
        else:
            assert everything(line) == b""
        assert arm.connections == 1
    assert {request.body for _, request, _ in running.sink.exchanges} == {b"abc"}
    assert running.sink.reasons == {}


@pytest.mark.parametrize("stays", [True, False])
def test_a_service_that_answers_before_the_request_is_whole_has_the_last_word(
    stays: bool,
) -> None:
    refusal = answer(b"no", "Connection: close", status="413 Too Large")

    def behave(line: socket.socket, arm: Arm) -> None:
        until(line, b"\r\n\r\n")
        line.sendall(refusal)
        if stays:
            arm.ending.wait(PATIENCE)

    with between(behave) as (running, _), running.line() as line:
        line.sendall(POST + b"Content-Length: 100000000\r\n\r\n" + b"x" * 100_000)
        assert until(line, b"\r\n\r\nno").startswith(b"HTTP/1.1 413 Too Large")
        assert everything(line) == b""
        line.close()
        eventually(lambda: not running.proxy.connections)
    assert running.sink.reasons == {proxy.EARLY: 1}


def test_a_client_that_goes_away_leaves_no_request_whole() -> None:
    came: list[bytes] = []

    def behave(line: socket.socket, _: Arm) -> None:
        with contextlib.suppress(ConnectionResetError):
            came.append(everything(line))

    with between(behave) as (running, arm):
        with running.line() as line:
            line.sendall(POST + b"Content-Length: 10\r\n\r\nabc")
            eventually(lambda: arm.connections == 1)
        eventually(lambda: arm.closed == 1)
        eventually(lambda: running.sink.reasons == {proxy.CUT_OFF: 1})
    assert not any(each.endswith(b"abcabcabca") for each in came)
    assert running.sink.exchanges == []


def test_a_client_that_breaks_off_both_ways_is_counted_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def behave(line: socket.socket, arm: Arm) -> None:
        until(line, b"abc")
        with contextlib.suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n")
            while not arm.ending.is_set():
                line.sendall(b"x" * 65_536)

    with between(behave) as (running, arm):
        with running.line() as line:
            line.sendall(POST + b"Content-Length: 10\r\n\r\nabc")
            until(line, b"\r\n\r\nx")
        eventually(lambda: arm.closed == 1)
        eventually(lambda: running.sink.reasons == {proxy.CUT_OFF: 1})
    gc.collect()
    assert caplog.messages == []


def test_a_client_that_does_not_wait_for_its_answer_is_counted() -> None:
    gone = threading.Event()

    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        gone.wait(PATIENCE)
        with contextlib.suppress(OSError):
            while not arm.ending.is_set():
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" * 1000)

    with between(behave) as (running, arm):
        with running.line() as line:
            line.sendall(GET + b"\r\n")
        gone.set()
        eventually(lambda: running.sink.reasons == {proxy.CUT_OFF: 1})
        eventually(lambda: arm.closed == 1)


def test_what_is_too_large_passes_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_EXCHANGE", 1000)
    with between(echoing) as (running, _):
        url = f"http://127.0.0.1:{running.port}/"
        for size in (400, 600, 2000, 400):
            body = b"x" * size
            assert requests.post(url, data=body, timeout=PATIENCE).content == body
        eventually(lambda: running.proxy.room.held == 0)
    assert [len(request.body) for _, request, _ in running.sink.exchanges] == [400, 400]
    assert running.sink.reasons == {proxy.TOO_LARGE: 2}


def test_what_is_too_much_at_once_passes_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_HELD", 1000)
    both = threading.Barrier(2)

    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        both.wait(PATIENCE)  # until both bodies have come
        line.sendall(answer())

    with between(behave) as (running, _):
        message = POST + b"Content-Length: 700\r\n" + CLOSE + b"x" * 700
        other = threading.Thread(target=lambda: running.said(message))
        other.start()
        assert running.said(message).endswith(b"ok")
        other.join()
        eventually(lambda: running.proxy.room.held == 0)
    assert (len(running.sink.exchanges), running.sink.reasons) == (1, {proxy.TOO_LARGE: 1})


# The end.


def test_at_the_end_what_is_on_its_way_ends_and_idle_connections_close() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        asked.set()
        go_on.wait(PATIENCE)
        line.sendall(answer())

    with between(behave) as (running, _), running.line() as busy, running.line() as idle:
        busy.sendall(GET + b"\r\n")
        assert asked.wait(PATIENCE)
        ending = threading.Thread(target=running.end)
        ending.start()
        assert everything(idle) == b""
        with pytest.raises(ConnectionRefusedError):
            running.line()
        go_on.set()
        assert everything(busy).endswith(b"Connection: close\r\n\r\nok")
        ending.join()
    assert [response and response.body for response in running.sink.responses] == [b"ok"]


def test_at_the_end_a_connection_that_was_to_be_kept_closes_after_its_answer() -> None:
    go_on = threading.Event()

    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        go_on.wait(PATIENCE)
        line.sendall(b"k")
        arm.ending.wait(PATIENCE)

    with between(behave, seconds=10 * PATIENCE) as (running, _), running.line() as line:
        line.sendall(GET + b"\r\n")
        until(line, b"\r\n\r\no")
        ending = threading.Thread(target=running.end)
        ending.start()
        eventually(lambda: running.proxy.ending)
        go_on.set()
        assert everything(line) == b"k"
        ending.join()
    assert len(running.sink.exchanges) == 1


def test_what_does_not_end_in_time_is_cut_off_and_counted() -> None:
    def behave(line: socket.socket, arm: Arm) -> None:
        arm.received(line)
        arm.ending.wait(PATIENCE)

    with between(behave, seconds=0.1) as (running, arm), running.line() as line:
        line.sendall(GET + b"\r\n")
        eventually(lambda: bool(arm.requests))
        running.end()
        with contextlib.suppress(ConnectionResetError):
            assert everything(line) == b""
    assert running.sink.reasons == {proxy.ENDED: 1}


def test_an_address_that_is_taken_is_said_to_be() -> None:
    async def listen(port: int) -> None:
        upstream = Upstream(host="127.0.0.1", port=1)
        async with listening("127.0.0.1", port, upstream, Sink()):
            pass

    with (
        serving_loopback(saying(answer())) as arm,
        pytest.raises(ToolError, match=r"cannot listen on .*, port"),
    ):
        asyncio.run(listen(arm.port))
