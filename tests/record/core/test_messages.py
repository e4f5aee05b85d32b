import re
from collections.abc import Sequence
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.core.messages import (
    Answer,
    End,
    Event,
    Refused,
    RequestHead,
    Requests,
    ResponseHead,
)
from harness.record.core.wire import MAX_HEAD
from harness.record.core.written import (
    end_bytes,
    piece_bytes,
    request_bytes,
)
from tests.messages import HOST, answered, asked, head_of, status_of


def refused(events: Sequence[Event]) -> HTTPStatus | None:
    last = events[-1]
    return last.status if isinstance(last, Refused) else None


# Requests.


def test_a_request_is_a_head_a_body_and_an_end() -> None:
    events = asked(
        b"POST /a?b=%00 HTTP/1.1\r\n" + HOST + b"X: \xe9\r\nContent-Length: 3\r\n\r\nabc"
    )
    assert events == [
        RequestHead(
            method="POST",
            target="/a?b=%00",
            headers=(("Host", "a"), ("X", "\xe9"), ("Content-Length", "3")),
            chunked=False,
            keeps=True,
            old=False,
        ),
        b"abc",
        End(),
    ]


def test_a_request_may_come_in_pieces_of_any_size() -> None:
    whole = (
        b"POST /ab HTTP/1.1\r\nHost: abc\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n"
    )
    assert asked(*(bytes([byte]) for byte in whole)) == [*asked(whole)[:1], b"x", b"y", End()]


def test_requests_may_be_pipelined() -> None:
    events = asked(b"GET /1 HTTP/1.1\r\n" + HOST + b"\r\nGET /2 HTTP/1.1\r\n" + HOST + b"\r\n")
    assert [event.target for event in events if isinstance(event, RequestHead)] == ["/1", "/2"]
    assert [event for event in events if isinstance(event, End)] == [End(), End()]


def test_trailers_come_with_the_end() -> None:
    chunked = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    events = asked(chunked + b"1;x=y\r\na\r\n2\r\nbc\r\n0\r\nSum: 1\r\n\r\n")
    assert events[1:] == [b"abc", End(trailers=(("Sum", "1"),))]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (b"Content-Length: 3, 3\r\n\r\nabc", 400),
        (b"Content-Length: +3\r\n\r\nabc", 400),
        (b"Content-Length : 3\r\n\r\nabc", 400),
        (b"Content-Length:\r\n 3\r\n\r\nabc", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400),
        (b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400),
        (b"X: a\x00\r\n\r\n", 400),
        (b"X: a\rb\r\n\r\n", 400),
        (b"X\n: a\r\n\r\n", 400),
        (b"Host: b\r\n\r\n", 400),
        (b"Connection: close, host\r\n\r\n", 400),
        (b"Content-Length: 1\r\nConnection: Content-Length\r\n\r\na", 400),
        (b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 501),
        (b"Connection: upgrade\r\nUpgrade: h2c, websocket\r\n\r\nmore", 501),
    ],
)
def test_a_request_that_could_be_read_in_two_ways_is_nothing_but_refused(
    lines: bytes, status: int
) -> None:
    events = asked(b"POST / HTTP/1.1\r\n" + HOST + lines)
    assert len(events) == 1
    assert refused(events) == status


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://other/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT other:443 HTTP/1.1\r\nHost: a\r\n\r\nmore", 501),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * MAX_HEAD, 400),
        (b"GET / HTTP/1.1\r\n" + b"a:\r\n" * (MAX_HEAD // 4), 400),
    ],
)
def test_what_is_no_request_to_a_service_is_refused(message: bytes, status: int) -> None:
    assert refused(asked(message)) == status


def test_what_was_whole_before_a_refusal_stands() -> None:
    events = asked(b"GET /1 HTTP/1.1\r\n" + HOST + b"\r\nGET nowhere\r\n")
    assert [type(event) for event in events] == [RequestHead, End, Refused]


def test_a_refusal_is_the_last_event() -> None:
    requests = Requests()
    bad = b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    assert len(requests.feed(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + bad)) == 1
    assert requests.feed(bad) == []


@pytest.mark.parametrize(
    "endless",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
    ids=["extension", "trailer"],
)
def test_what_goes_on_without_a_body_is_refused_within_bounds(endless: bytes) -> None:
    requests = Requests()
    assert refused([*requests.feed(endless), b""]) is None
    fed = [event for _ in range(5) for event in requests.feed(b"a" * 65_536)]
    assert refused(fed) == 400


def test_a_request_for_http_2_goes_on_without_its_upgrade() -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n"
    both = (b"GET /1 HTTP/1.1\r\n" + HOST + upgrade) + (b"GET /2 HTTP/1.1\r\n" + HOST + b"\r\n")
    heads = [event for event in asked(both) if isinstance(event, RequestHead)]
    assert [head.target for head in heads] == ["/1", "/2"]
    assert request_bytes(heads[0]) == b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"


def test_http_1_0_needs_no_host_and_is_told_that_the_connection_closes() -> None:
    head = head_of(asked(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
    assert (head.old, head.keeps) == (True, False)
    expected = b"GET / HTTP/1.1\r\nHost: service:8080\r\nConnection: close\r\n\r\n"
    assert request_bytes(head, host="service:8080") == expected


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: %d\r\n\r\n", b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"),
        (b"Content-Length: 0\r\n\r\n", b""),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_body_behind_an_upgrade_that_is_ignored_stays_a_body(
    framing: bytes, body: bytes, step: int
) -> None:
    head = b"POST /1 HTTP/1.1\r\n" + HOST + OFFER + framing.replace(b"%d", b"%d" % len(body))
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if b"chunked" in framing else body
    wire = head + sent + b"GET /2 HTTP/1.1\r\n" + HOST + b"\r\n"
    events = asked(*(wire[at : at + step] for at in range(0, len(wire), step)))
    heads = [event for event in events if isinstance(event, RequestHead)]
    assert [head.target for head in heads] == ["/1", "/2"]
    assert b"".join(event for event in events if isinstance(event, bytes)) == body
    assert sum(isinstance(event, End) for event in events) == 2


def test_a_body_behind_an_upgrade_that_breaks_its_framing_is_refused() -> None:
    head = b"POST / HTTP/1.1\r\n" + HOST + OFFER + b"Transfer-Encoding: chunked\r\n\r\n"
    events = asked(head + b"GET /hidden HTTP/1.1\r\n\r\n")
    assert isinstance(events[-1], Refused)
    assert not any(isinstance(event, End) for event in events)


def test_nothing_follows_a_request_that_closes_and_offers_to_upgrade() -> None:
    offer = OFFER.replace(b"Upgrade,", b"close, Upgrade,")
    wire = (
        b"POST /1 HTTP/1.1\r\n"
        + HOST
        + offer
        + b"Content-Length: 2\r\n\r\nok"
        + b"GET /2 HTTP/1.1\r\n"
    )
    heads = [event for event in asked(wire) if isinstance(event, RequestHead)]
    assert [head.target for head in heads] == ["/1"]


# Answers.


def test_an_answer_is_a_head_a_body_and_an_end() -> None:
    events, reusable = answered(b"HTTP/1.1 404 Not at all\r\nA: 1\r\nContent-Length: 2\r\n\r\nno")
    head = ResponseHead(
        status=404,
        reason="Not at all",
        headers=(("A", "1"), ("Content-Length", "2")),
        chunked=False,
        keeps=True,
    )
    assert events == [head, b"no", End()]
    assert reusable


def test_interim_answers_come_before_the_final_one() -> None:
    events, reusable = answered(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    )
    heads = [event for event in events if isinstance(event, ResponseHead)]
    assert [(head.status, head.interim) for head in heads] == [
        (100, True),
        (103, True),
        (200, False),
    ]
    assert events[-1] == End()
    assert reusable


@pytest.mark.parametrize(
    ("message", "method"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET"),
    ],
)
def test_some_answers_end_with_their_head(message: bytes, method: str) -> None:
    events, reusable = answered(message, method=method)
    assert [type(event) for event in events] == [ResponseHead, End]
    assert not status_of(events).chunked
    assert reusable


@pytest.mark.parametrize(
    "message",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_a_connection_that_closes_is_not_used_again(message: bytes) -> None:
    events, reusable = answered(message, method="HEAD")
    assert (status_of(events).keeps, reusable) == (False, False)


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    answer = Answer("GET")
    events = [*answer.feed(b"HTTP/1.1 200 OK\r\n\r\nab"), *answer.feed(b"c"), *answer.end()]
    assert events[1:] == [b"ab", b"c", End()]
    assert not answer.reusable


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    ],
)
def test_an_answer_that_is_cut_off_is_said_to_be(message: bytes) -> None:
    answer = Answer("GET")
    answer.feed(message)
    assert refused(answer.end()) == 502


@pytest.mark.parametrize(
    "message",
    [
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"nonsense",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * MAX_HEAD,
    ],
)
def test_an_answer_that_is_none_is_nothing_but_a_refusal(message: bytes) -> None:
    events, reusable = answered(message)
    assert len(events) == 1
    assert (refused(events), reusable) == (502, False)


@pytest.mark.parametrize(
    "more",
    [b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.1 200 OK\r\n\r\nok"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_bytes_after_an_answer_leave_it_and_spoil_the_connection(more: bytes, method: str) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    for pieces in ([whole + more], [whole, more]):
        events, reusable = answered(*pieces, method=method)
        assert [type(event) for event in events] == [ResponseHead, End]
        assert not reusable


# Writing.


PIECES = st.lists(st.binary(min_size=1, max_size=300), max_size=6)


@given(pieces=PIECES, chunked=st.booleans(), cuts=st.lists(st.integers(1, 40), min_size=1))
def test_what_is_written_is_read_the_same(
    pieces: list[bytes], chunked: bool, cuts: list[int]
) -> None:
    body = b"".join(pieces)
    framing = () if chunked else (("Content-Length", str(len(body))),)
    head = RequestHead(
        method="PUT",
        target="/x",
        headers=(("Host", "a"), *framing),
        chunked=chunked,
        keeps=True,
        old=False,
    )
    wire = b"".join(
        [
            request_bytes(head),
            *(piece_bytes(piece, chunked=chunked) for piece in pieces),
            end_bytes(End(), chunked=chunked),
        ]
    )
    step = cuts[0]
    events = asked(*(wire[at : at + step] for at in range(0, len(wire), step)))
    assert head_of(events).target == "/x"
    assert b"".join(event for event in events if isinstance(event, bytes)) == body
    assert events[-1] == End()


@given(st.binary(max_size=400))
def test_any_bytes_end_in_events_and_never_in_an_error(data: bytes) -> None:
    asked(data)
    answered(data)
    asked(b"POST / HTTP/1.1\r\n" + HOST + data)
    answered(b"HTTP/1.1 200 OK\r\n" + data)


LINES = [
    b"Upgrade: h2c",
    b"Connection: Upgrade, HTTP2-Settings",
    b"Connection: upgrade, Content-Length",
    b"Upgrade: websocket",
    b"Expect: 100-continue",
    b"Content-Length: 36",
    b"X: folded\r\n Content-Length: 5",
    b"Host: a",
    b"Content-Length: 5",
    b"Content-Length: 6",
    b"content-length:5",
    b"Content-Length: 05",
    b"Content-Length: 5, 5",
    b"Content-Length : 5",
    b"Content-Length: -5",
    b"Transfer-Encoding: chunked",
    b"transfer-encoding:\tchunked ",
    b"Transfer-Encoding: Chunked",
    b"Transfer-Encoding: x, chunked",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: chunked\r\n ,x",
    b" Transfer-Encoding: chunked",
    b"Connection: Transfer-Encoding",
    b"Connection: close",
    b"X: a\nContent-Length: 5",
    b"X: a\rContent-Length: 5",
    b"X\x00: a",
    b"Trailer: Content-Length",
]
BODIES = [
    b"12345",
    b"0\r\n\r\n",
    b"5\r\n12345\r\n0\r\n\r\n",
    b"5;a=b\r\n12345\r\n0\r\nContent-Length: 9\r\n\r\n",
    b"05\r\n12345\r\n00\r\n\r\n",
    b"5 \r\n12345\r\n0\r\n\r\n",
    b"-5\r\n12345\r\n0\r\n\r\n",
    b"5\n12345\n0\n\n",
    b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
]


def onward(events: Sequence[Event]) -> bytes:
    """Return the bytes that a proxy writes for requests that are whole."""
    written, head, pieces = b"", None, list[bytes]()
    for event in events:
        match event:
            case RequestHead():
                head, pieces = event, []
            case bytes():
                pieces.append(event)
            case End() if head:
                chunked = head.chunked
                body = b"".join(piece_bytes(piece, chunked=chunked) for piece in pieces)
                written += request_bytes(head) + body + end_bytes(event, chunked=chunked)
    return written


def read_plainly(wire: bytes) -> list[tuple[bytes, bytes]]:
    """Return the request lines and bodies of bytes that leave no choice how to read them."""
    found = []
    while wire:
        head, end, wire = wire.partition(b"\r\n\r\n")
        assert end
        line, *lines = head.split(b"\r\n")
        assert not set(b"\r\n\0") & set(b"".join(lines))
        assert all(re.fullmatch(rb"[!-9;-~]+: .*", each) for each in lines)
        fields = [each.lower().split(b": ", 1) for each in lines]
        lengths = [value for name, value in fields if name == b"content-length"]
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        assert codings in ([], [b"chunked"])
        assert len(lengths) + len(codings) <= 1
        body = b""
        if lengths:
            assert re.fullmatch(rb"[0-9]+", lengths[0])
            body, wire = wire[: int(lengths[0])], wire[int(lengths[0]) :]
        while codings:
            size, end, wire = wire.partition(b"\r\n")
            assert end
            if size == b"0":
                trailers, _, wire = (b"\r\n" + wire).partition(b"\r\n\r\n")
                assert b"content-length" not in trailers.lower()
                break
            length = int(size, 16)
            assert re.fullmatch(rb"[0-9a-f]+", size)
            assert wire[length : length + 2] == b"\r\n"
            body, wire = body + wire[:length], wire[length + 2 :]
        found.append((line, body))
    return found


@given(
    requests=st.lists(
        st.tuples(st.lists(st.sampled_from(LINES), max_size=4), st.sampled_from(BODIES)),
        min_size=1,
        max_size=3,
    ),
    cut=st.integers(1, 80),
)
def test_what_goes_on_to_the_service_can_be_read_in_one_way_only(
    requests: list[tuple[list[bytes], bytes]], cut: int
) -> None:
    wire = b"".join(
        b"\r\n".join([b"POST / HTTP/1.1", b"Host: a", *lines, b"", body])
        for lines, body in requests
    )
    events = asked(*(wire[at : at + cut] for at in range(0, len(wire), cut)))
    heads = [event for event in events if isinstance(event, RequestHead)]
    whole = sum(isinstance(event, End) for event in events)
    read = read_plainly(onward(events))
    assert [line.split()[:2] for line, _ in read] == [
        [head.method.encode(), head.target.encode()] for head in heads[:whole]
    ]


PLAIN = [
    b"Expect: 100-continue\r\n",
    b"Connection: keep-alive, x-own\r\nX-Own: 1\r\n",
    b"TE: trailers\r\n",
    b"Trailer: x\r\n",
    b"Accept: */*\r\n",
    OFFER,
    b"",
]


@given(
    messages=st.lists(
        st.tuples(
            st.lists(st.sampled_from(PLAIN), max_size=3), st.sampled_from(BODIES), st.booleans()
        ),
        min_size=1,
        max_size=4,
    ),
    cut=st.integers(1, 200),
)
def test_what_was_passed_on_reads_again_as_the_messages_that_came(
    messages: list[tuple[list[bytes], bytes, bool]], cut: int
) -> None:
    wire = b""
    for number, (lines, body, chunked) in enumerate(messages):
        wire += b"POST /%d HTTP/1.1\r\nHost: a\r\n%b" % (number, b"".join(lines))
        if chunked:
            wire += b"Transfer-Encoding: chunked\r\n\r\n%x;e=1\r\n%b\r\n0\r\nX: y\r\n\r\n" % (
                len(body),
                body,
            )
        else:
            wire += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    passed = onward(asked(*(wire[at : at + cut] for at in range(0, len(wire), cut))))
    expected = [(b"POST /%d HTTP/1.1" % at, body) for at, (_, body, _) in enumerate(messages)]
    assert read_plainly(passed) == expected
    assert read_plainly(onward(asked(passed))) == expected
