import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from harness.errors import ToolError
from harness.host.http import Patience, cause, session
from tests import fakes


def test_takes_certificates_from_ssl_cert_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    with session() as made:
        assert made.verify == str(tmp_path / "authorities.pem")


def test_limits_the_time_of_a_request_that_states_none() -> None:
    patience = Patience(retries=0, silence=0.2)
    with fakes.serving() as server, session(patience) as made:
        server.script["/"] = [lambda exchange: exchange.wait()]
        with pytest.raises(requests.RequestException):
            made.get(server.url("/"))


def test_waits_no_longer_than_is_reasonable_when_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    with fakes.serving() as server, session() as made:
        server.files["/"] = b"ok"
        server.script["/"] = [fakes.status(429, Retry_After="86400")]
        assert made.get(server.url("/")).content == b"ok"
    assert max(slept) == 120


_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_HASTY = Patience(retries=4, backoff=0, answer=0.5, window=0.3, least=2**30)


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.Server]:
    for name in ("http_proxy", "HTTP_PROXY", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    with fakes.serving() as running:
        yield running


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (fakes.endless(_HEAD + b"X: ", b"x", 0.01), "no answer in 0.5 s"),
        (fakes.endless(_HEAD, b"X: y\r\n", 0.01), "no answer in 0.5 s"),
        (
            fakes.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            "no answer in|more than 524288 bytes",
        ),
        (
            fakes.endless(_HEAD + b"Content-Length: 9000\r\n\r\n", b"x", 0.01),
            r"only \d+ bytes in 0.3",
        ),
        (fakes.endless(_HEAD + b"\r\n", b"x", 0.01), r"only \d+ bytes in 0.3"),
        (fakes.endless(_CHUNKED + b"1;", b"x", 0.01), r"only \d+ bytes in 0.3"),
        (fakes.endless(_CHUNKED + b"0\r\n", b"A: b\r\n", 0.01), r"only \d+ bytes in 0.3"),
    ],
    ids=["a line", "lines", "interim", "body", "body to the end", "size of a chunk", "trailers"],
)
def test_gives_up_on_what_comes_slowly_or_never_ends(
    server: fakes.Server, answer: fakes.Answer, said: str
) -> None:
    server.script["/"] = [answer] * 9
    begun = time.monotonic()
    with session(_HASTY) as made, pytest.raises(ToolError, match=f"{server.url('/')}: {said}"):
        made.read(server.url("/"), limit=10**9)
    assert time.monotonic() - begun < 3
    assert len(server.seen) == 1


def test_what_is_slow_in_the_whole_is_given_up(server: fakes.Server) -> None:
    patience = Patience(begin=0.3, slowest=10**6)
    server.script["/"] = [fakes.endless(_HEAD + b"\r\n", b"x" * 10, 0.01)]
    with session(patience) as made, pytest.raises(ToolError, match=r"only \d+ bytes in"):
        made.read(server.url("/"), limit=10**9)


def test_reads_no_more_than_was_asked_for(server: fakes.Server) -> None:
    server.script["/"] = [fakes.endless(_HEAD + b"\r\n", b"x" * 1000)]
    with session() as made:
        assert made.read(server.url("/"), limit=10_000) == b"x" * 10_000


@pytest.mark.parametrize("code", [302, 503])
def test_reads_no_body_that_nobody_wants(server: fakes.Server, code: int) -> None:
    head = f"HTTP/1.1 {code} X\r\nLocation: /next\r\nRetry-After: 0\r\n\r\n".encode()
    server.files["/next"] = server.files["/"] = b"ok"
    server.script["/"] = [fakes.endless(head, b"x" * 1000)]
    with session(Patience(backoff=0)) as made:
        assert made.read(server.url("/"), limit=10) == b"ok"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "FILE:/etc/passwd", "ftp://host/a", "data:,x", "//["]
)
def test_follows_no_redirect_away_from_http(server: fakes.Server, target: str) -> None:
    server.script["/"] = [fakes.status(302, Location=target)]
    with session(Patience(retries=0)) as made, pytest.raises(ToolError, match="not an address"):
        made.read(server.url("/"), limit=10)


def test_follows_so_many_redirects_and_no_more(server: fakes.Server) -> None:
    server.files["/10"] = b"ok"
    for n in range(10):
        server.script[f"/{n}"] = [fakes.status(307, Location=f"{n + 1}")] * 2
    server.script["/"] = [fakes.status(301, Location="/0")]
    with session() as made:
        assert made.read(server.url("/0"), limit=10) == b"ok"
        with pytest.raises(ToolError, match="redirects without end"):
            made.read(server.url("/"), limit=10)


def test_the_first_hosts_credentials_go_to_no_other(
    server: fakes.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with fakes.serving() as other, session() as made:
        server.script["/"] = [fakes.status(302, Location="/here")]
        server.script["/here"] = [fakes.status(302, Location=other.url("/there", "x:y@"))]
        other.files["/there"] = b"ok"
        assert made.read(server.url("/", "me:pw@"), limit=10) == b"ok"
    assert ["Authorization" in headers for _, headers in server.seen] == [True, True]
    assert ["Authorization" in headers for _, headers in other.seen] == [False]


@pytest.mark.parametrize("named", ["a pipe", "/dev/zero", "a directory"])
def test_reads_regular_files_of_this_machine_only(tmp_path: Path, named: str) -> None:
    os.mkfifo(tmp_path / "a pipe")
    (tmp_path / "a directory").mkdir()
    with session() as made, pytest.raises(ToolError, match="answered 404"):
        made.read((tmp_path / named).as_uri(), limit=10)


def test_refuses_what_was_encoded_unasked(server: fakes.Server) -> None:
    server.files["/"] = b"ok"
    server.script["/"] = [fakes.gzipped]
    with session() as made, pytest.raises(ToolError, match="sent encoded"):
        made.read(server.url("/"), limit=10)


@pytest.mark.parametrize("asked", ["0", "Wed, 21 Oct 2015 07:28:00 GMT", "x", "Wed, 21 Oct", "1e9"])
def test_a_time_to_wait_that_is_past_or_none_is_not_waited_for(
    server: fakes.Server, asked: str
) -> None:
    server.files["/"] = b"ok"
    server.script["/"] = [fakes.status(503, Retry_After=asked)]
    with session(Patience(backoff=0)) as made:
        assert made.read(server.url("/"), limit=10) == b"ok"


@pytest.mark.parametrize(
    "proxy", ["http://me:p/w@127.0.0.1:1", "http://me:p w@h", "me:pw@h", "http://["]
)
def test_a_proxy_that_is_no_address_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with session(Patience(retries=0)) as made, pytest.raises(requests.RequestException) as error:
        made.get("http://index.invalid/")
    assert not set(cause(error.value)) & {"pw@", "p/w"}
