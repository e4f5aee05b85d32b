"""HTTP messages, read from pieces as the recording proxy reads them."""

from collections.abc import Sequence

from harness.record.core.messages import Answer, Event, RequestHead, Requests, ResponseHead

HOST = b"Host: a\r\n"


def asked(*pieces: bytes) -> list[Event]:
    requests = Requests()
    return [event for piece in pieces for event in requests.feed(piece)]


def answered(*pieces: bytes, method: str = "GET") -> tuple[list[Event], bool]:
    answer = Answer(method)
    return [event for piece in pieces for event in answer.feed(piece)], answer.reusable


def head_of(events: Sequence[Event]) -> RequestHead:
    head = events[0]
    assert isinstance(head, RequestHead)
    return head


def status_of(events: Sequence[Event]) -> ResponseHead:
    head = events[0]
    assert isinstance(head, ResponseHead)
    return head
