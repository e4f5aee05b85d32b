import gzip
import http.client
import io
import itertools
import string
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.record.core.exchange import Request, Response
from harness.record.core.wire import (
    MAX_HEAD,
    Failure,
    Reader,
    codings_not_offered,
    decoded,
    encode,
    may_go_again,
)

LIMIT = 100_000
TOKENS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
VALUES = st.text(string.ascii_letters + string.digits + " ;=/\xe9", max_size=20).map(str.strip)
BODIES = st.binary(max_size=300)
HEADERS = st.lists(st.tuples(st.just("x-") | st.just("X-"), TOKENS, VALUES), max_size=5).map(
    lambda each: tuple((start + name, value) for start, name, value in each)
)


class Received:
    """A connection as http.client reads it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def request(
    *headers: tuple[str, str], method: str = "GET", target: str = "/", body: bytes = b""
) -> Request:
    return Request(method=method, target=target, headers=headers, body=body)


def head_of(asked: Request) -> list[str]:
    return encode(asked).partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


def answer(*headers: str, body: bytes = b"", status: str = "200 OK", framed: bool = True) -> bytes:
    framing = [f"Content-Length: {len(body)}"] if framed else []
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, *framing, "", ""])
    return head.encode("latin-1") + body


def chunked(*chunks: bytes) -> bytes:
    framed = b"".join(b"%x;note\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk)
    return answer(
        "Transfer-Encoding: chunked", body=framed + b"0\r\nX-Sum: 1\r\n\r\n", framed=False
    )


def read(*pieces: bytes, method: str = "GET", limit: int = LIMIT) -> Reader:
    reader = Reader(method, limit)
    for piece in pieces:
        assert reader.feed(piece) is Failure.NONE
    return reader


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


# Requests.


def test_a_request_keeps_what_is_its_own() -> None:
    headers = (("Host", "scores.example"), ("X-B", "2"), ("x-a", " 1\t"), ("X-B", "3"))
    assert head_of(request(*headers, method="DELETE", target="/v2?a=%20&b")) == [
        "DELETE /v2?a=%20&b HTTP/1.1",
        "Host: scores.example",
        "X-B: 2",
        "x-a:  1\t",
        "X-B: 3",
    ]


def test_what_belonged_to_the_recorded_connection_is_dropped() -> None:
    kept = head_of(
        request(
            ("host", "a"),
            ("Connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("Keep-Alive", "5"),
            ("Transfer-Encoding", "chunked"),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("Expect", "100-continue"),
            ("Proxy-Authorization", "Basic x"),
            ("Content-Length", "9"),
        )
    )
    assert kept == ["GET / HTTP/1.1", "host: a"]


def test_a_request_without_a_host_gets_one() -> None:
    assert head_of(request()) == ["GET / HTTP/1.1", "Host: localhost"]


def test_an_empty_post_says_that_it_is_empty() -> None:
    assert "Content-Length: 0" in head_of(request(method="POST"))


@pytest.mark.parametrize(
    ("accepted", "offered"),
    [
        ("br, gzip;q=0.5", "gzip"),
        ("*", "gzip"),
        ("x-gzip", "gzip"),
        ("br, zstd", "identity"),
        ("", "identity"),
        ("gzip;q=0", "identity"),
    ],
)
def test_only_codings_that_can_be_read_are_offered(accepted: str, offered: str) -> None:
    assert f"Accept-Encoding: {offered}" in head_of(request(("Accept-Encoding", accepted)))


@given(TOKENS, HEADERS, BODIES)
def test_a_body_goes_out_byte_by_byte(
    method: str, headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    sent = encode(request(*headers, method=method, body=body))
    stream = io.BytesIO(sent)
    assert stream.readline() == f"{method} / HTTP/1.1\r\n".encode()
    parsed = http.client.parse_headers(stream)
    assert stream.read(int(parsed.get("Content-Length", "0"))) == body
    assert stream.read() == b""
    assert [(name, value) for name, value in parsed.items() if name[:2].lower() == "x-"] == list(
        headers
    )


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (request(method="GET /x"), "method"),
        (request(method=""), "method"),
        (request(target="/a b"), "target"),
        (request(target="/\r\nX: 1"), "target"),
        (request(target=""), "target"),
        (request(("X\r\nY", "1")), "header name"),
        (request(("", "1")), "header name"),
        (request(("X", "1\r\nY: 2")), "header X"),
        (request(("X", "1\nY: 2")), "header X"),
        (request(("X", "\0")), "header X"),
        (request(("X", "\u20ac")), "header X"),
    ],
)
def test_refuses_what_would_be_another_request(asked: Request, part: str) -> None:
    with pytest.raises(InputError, match=f"{part} cannot be sent"):
        encode(asked)


def test_what_a_header_holds_is_in_no_error() -> None:
    with pytest.raises(InputError) as caught:
        encode(request(("Authorization", "Bearer secret\n")))
    assert "Authorization" in str(caught.value)
    assert "secret" not in str(caught.value)


# Answers.


@given(BODIES, HEADERS, st.lists(st.integers(0, 10_000), max_size=6), st.booleans())
def test_an_answer_is_what_http_client_reads(
    body: bytes, headers: tuple[tuple[str, str], ...], places: list[int], in_chunks: bool
) -> None:
    lines = [f"{name}: {value}" for name, value in headers]
    if in_chunks:
        data = chunked(*cut(body, places)).replace(
            b"\r\n", "\r\n".join(["", *lines, ""]).encode("latin-1"), 1
        )
    else:
        data = answer(*lines, body=body)
    known = http.client.HTTPResponse(Received(data))  # type: ignore[arg-type]
    known.begin()
    reader = read(*cut(data, places))
    assert reader.whole
    assert reader.reusable
    assert reader.response().body == known.read() == body
    assert list(reader.response().headers) == known.getheaders()


@given(BODIES, st.integers(0, 10_000))
def test_an_answer_cut_off_is_truncated(body: bytes, place: int) -> None:
    data = answer(body=body)
    reader = read(data[: place % len(data)])
    assert not reader.whole
    assert reader.end() is (Failure.TRUNCATED if place % len(data) else Failure.CLOSED)


@given(st.binary(max_size=2000), st.sampled_from(["GET", "HEAD", "POST"]))
def test_garbage_is_never_more_than_a_failure(data: bytes, method: str) -> None:
    for garbage in (data, b"HTTP/1.1 200 OK\r\n" + data, answer(body=b"x") + data):
        reader = Reader(method, 500)
        assert reader.feed(garbage) in Failure
        assert reader.end() in Failure


@pytest.mark.parametrize(
    "data",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_malformed(data: bytes) -> None:
    assert Reader("GET", LIMIT).feed(data) is Failure.MALFORMED


def test_interim_answers_are_read_over() -> None:
    hints = answer("Link: </a>", status="103 Early Hints", framed=False)
    reader = read(
        b"HTTP/1.1 100 Continue\r\n\r\n" + hints, answer("A: 1", body=b"x", status="404 No")
    )
    assert (reader.response().status, reader.response().body) == (404, b"x")
    assert reader.response().headers == (("A", "1"), ("Content-Length", "1"))


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    reader = read(answer(body=b"all of", framed=False), b" it")
    assert not reader.whole
    assert reader.end() is Failure.NONE
    assert reader.response().body == b"all of it"
    assert not reader.reusable


def test_an_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    reader = read(answer("Content-Length: 1000", framed=False), method="HEAD")
    assert reader.whole
    assert reader.response() == Response(
        status=200, headers=(("Content-Length", "1000"),), body=b""
    )


def test_a_body_after_the_answer_to_head_is_not_its_own() -> None:
    reader = read(answer(body=b"text"), method="HEAD")
    assert reader.response().body == b""
    assert not reader.reusable


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_some_answers_have_no_body(status: str) -> None:
    reader = read(answer(status=status, framed=False))
    assert reader.whole
    assert reader.reusable


def test_a_server_may_end_the_connection_with_an_answer() -> None:
    reader = read(answer("Connection: close", body=b"x"))
    assert reader.whole
    assert not reader.reusable


@pytest.mark.parametrize("surplus", [answer("B: 2", body=b"two", status="500 No"), b"HT", b"\0"])
@pytest.mark.parametrize("close", [(), ("Connection: close",)])
def test_bytes_after_an_answer_end_the_connection_alone(
    surplus: bytes, close: tuple[str, ...]
) -> None:
    reader = read(answer(*close, body=b"one") + surplus)
    assert (reader.response().status, reader.response().body) == (200, b"one")
    assert reader.whole
    assert not reader.reusable


def test_a_trailer_is_no_header() -> None:
    assert read(chunked(b"x")).response().headers == (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize(
    "flood",
    [b"A: b\r\n", b"A: " + b"b" * 1000, b"\r\nHTTP/1.1 100 Continue\r\n"],
    ids=["headers", "one header", "interim answers"],
)
def test_a_head_without_end_is_too_large(flood: bytes) -> None:
    reader = Reader("GET", 10 * MAX_HEAD)
    fed = [reader.feed(b"HTTP/1.1 100 Continue\r\n")]
    while not fed[-1]:
        fed.append(reader.feed(flood))
    assert fed[-1] is Failure.TOO_LARGE
    assert sum(not each for each in fed) <= MAX_HEAD / len(flood) + 1


def test_an_answer_over_the_limit_is_too_large() -> None:
    reader = read(answer(body=b"", status="200 OK", framed=False), limit=1000)
    assert reader.feed(bytes(1001)) is Failure.TOO_LARGE


# Content codings.


def coded(body: bytes, *codings: str) -> Response:
    return Response(
        status=200, headers=tuple(("Content-Encoding", each) for each in codings), body=body
    )


def raw(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


@given(BODIES)
def test_a_coded_body_comes_back(body: bytes) -> None:
    for response in (
        coded(body),
        coded(body, "identity"),
        coded(gzip.compress(body), "gzip"),
        coded(gzip.compress(body) + gzip.compress(b""), "X-Gzip"),
        coded(zlib.compress(body), "deflate"),
        coded(raw(body), "deflate"),
        coded(gzip.compress(zlib.compress(body)), "deflate, gzip"),
    ):
        plain, failure = decoded(response, LIMIT)
        assert failure is Failure.NONE
        assert plain is not None
        assert plain.body == body
        assert plain.headers == response.headers


def test_a_coding_that_was_not_offered_stays() -> None:
    response = coded(b"?", "br")
    assert decoded(response, LIMIT) == (response, Failure.NONE)


def test_an_answer_without_a_body_has_nothing_to_decode() -> None:
    response = coded(b"", "gzip")
    assert decoded(response, LIMIT) == (response, Failure.NONE)


@given(st.binary(max_size=100), st.integers(0, 1000))
def test_a_damaged_body_is_malformed(body: bytes, place: int) -> None:
    whole = gzip.compress(body)
    assert decoded(coded(whole[: place % (len(whole) - 1) + 1], "gzip"), LIMIT) == (
        None,
        Failure.MALFORMED,
    )


def test_a_bomb_is_too_large_and_never_unfolded() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        assert decoded(coded(bomb, "gzip"), LIMIT) == (None, Failure.TOO_LARGE)
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    finally:
        tracemalloc.stop()


def test_a_body_of_the_limit_itself_is_read() -> None:
    plain, _ = decoded(coded(gzip.compress(bytes(LIMIT)), "gzip"), LIMIT)
    assert plain is not None
    assert len(plain.body) == LIMIT


def test_codings_and_members_without_end_are_malformed() -> None:
    malformed = (None, Failure.MALFORMED)
    assert decoded(coded(gzip.compress(b"") * 101, "gzip"), LIMIT) == malformed
    assert decoded(coded(b"x", ", ".join(["gzip"] * 5)), LIMIT) == malformed


@pytest.mark.parametrize(
    ("method", "failure", "delivered", "again"),
    [
        ("GET", Failure.CLOSED, True, True),
        ("DELETE", Failure.RESET, True, True),
        ("POST", Failure.CLOSED, True, False),
        ("POST", Failure.RESET, False, True),
        ("GET", Failure.TIMED_OUT, True, False),
        ("GET", Failure.REFUSED, False, False),
    ],
)
def test_only_what_cannot_have_been_acted_upon_twice_goes_again(
    method: str, failure: Failure, delivered: bool, again: bool
) -> None:
    reader = Reader(method, 100)
    assert may_go_again(method, failure, reader, delivered=delivered) is again


def test_what_was_answered_in_part_does_not_go_again() -> None:
    reader = Reader("GET", 100)
    reader.feed(b"HTTP/1.1 200 OK\r\n")
    assert reader.begun
    assert not may_go_again("GET", Failure.RESET, reader, delivered=True)


def test_a_body_has_begun_with_its_first_byte() -> None:
    reader = Reader("GET", 100)
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    assert not reader.has_body
    reader.feed(b"o")
    assert reader.has_body


@pytest.mark.parametrize(
    ("accepted", "left"),
    [
        ("gzip, deflate, br;q=1.0, zstd", {"deflate", "br", "zstd"}),
        ("*, identity", set()),
        ("", set()),
    ],
)
def test_what_a_client_accepted_and_is_not_offered_is_known(accepted: str, left: set[str]) -> None:
    headers = (("Accept-Encoding", accepted), ("Accept", "br"))
    asked = Request(method="GET", target="/", headers=headers, body=b"")
    assert codings_not_offered(asked) == left
