from http import HTTPStatus

from harness.record.core.messages import (
    End,
    Refused,
    ResponseHead,
)
from harness.record.core.written import (
    end_bytes,
    refusal_bytes,
    request_bytes,
    response_bytes,
)
from tests.messages import answered, asked, head_of, status_of


def test_what_belongs_to_a_connection_stays_there() -> None:
    head = head_of(
        asked(
            b"POST * HTTP/1.1\r\nb: 1\r\nHOST: a\r\nConnection: close, x-own\r\nX-Own: 1\r\n"
            b"TE: trailers\r\nKeep-Alive: 5\r\nProxy-Connection: k\r\nb: 2\r\n"
            b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
    )
    assert request_bytes(head) == (
        b"POST * HTTP/1.1\r\nb: 1\r\nHOST: a\r\nb: 2\r\nExpect: 100-continue\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    assert ("X-Own", "1") in head.headers


def test_an_answer_is_written_with_the_connections_own_framing() -> None:
    head = ResponseHead(
        status=200,
        reason="Fine",
        headers=(("Connection", "keep-alive"), ("Keep-Alive", "5"), ("a", "\xe9"), ("a", "2")),
        chunked=True,
        keeps=True,
    )
    assert response_bytes(head, chunked=True, closes=False) == (
        b"HTTP/1.1 200 Fine\r\na: \xe9\r\na: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    assert response_bytes(head, chunked=False, closes=True) == (
        b"HTTP/1.1 200 Fine\r\na: \xe9\r\na: 2\r\nConnection: close\r\n\r\n"
    )


def test_trailers_about_framing_are_dropped() -> None:
    end = End(trailers=(("Sum", "1"), ("Content-Length", "3"), ("Host", "b")))
    assert end_bytes(end, chunked=True) == b"0\r\nSum: 1\r\n\r\n"
    assert end_bytes(end, chunked=False) == b""


def test_a_refusal_says_why() -> None:
    said = refusal_bytes(Refused(status=HTTPStatus.BAD_GATEWAY, why="gone"))
    events, reusable = answered(said)
    assert status_of(events).status == 502
    assert events[1] == b"harness record: gone\n"
    assert not reusable
