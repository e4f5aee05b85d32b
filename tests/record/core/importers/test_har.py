import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.record.core.exchange import Exchange
from harness.record.core.importers import har
from harness.record.core.importers.found import LeftOut
from tests.damaged_documents import damaged


def _entry(**changes: Any) -> dict[str, Any]:
    """An entry as Chromium and Firefox write it, of a call of an inference server."""
    entry: dict[str, Any] = {
        "startedDateTime": "2026-03-01T10:00:01.500+01:00",
        "time": 12.5,
        "request": {
            "method": "POST",
            "url": "http://ann@127.0.0.1:8080/v2/models/wine/infer?a=1",
            "httpVersion": "HTTP/1.1",
            "headers": [
                {"name": ":path", "value": "/v2/models/wine/infer"},
                {"name": "Content-Type", "value": "application/json"},
            ],
            "queryString": [{"name": "a", "value": "1"}],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 13,
            "postData": {"mimeType": "application/json", "text": '{"inputs":[]}'},
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {"size": 2, "mimeType": "application/json", "text": "{}"},
        },
        "cache": {},
        "timings": {"send": 0, "wait": 12, "receive": 0},
    }
    return entry | changes


_LENGTH = [{"name": "Content-Length", "value": "282"}]


def _har(*entries: Any) -> list[bytes]:
    document = {"log": {"version": "1.2", "creator": {}, "entries": list(entries)}}
    return json.dumps(document, indent=1).encode().splitlines(keepends=True)


def _one(entry: Any) -> Any:
    (found,) = har.exchanges(_har(entry), "a.har")
    return found


def test_an_entry_becomes_an_exchange() -> None:
    found = _one(_entry())
    assert found.request.method == "POST"
    assert found.request.target == "/v2/models/wine/infer?a=1"
    assert found.request.headers == (
        ("Host", "127.0.0.1:8080"),
        ("Content-Type", "application/json"),
    )
    assert found.request.body == b'{"inputs":[]}'
    assert (found.response.status, found.response.body) == (200, b"{}")


def test_times_count_from_the_earliest_whatever_their_order() -> None:
    later = _entry(startedDateTime="2026-03-01T09:00:04.000Z")
    found = list(har.exchanges(_har(later, _entry()), "a.har"))
    assert [each.at for each in found if isinstance(each, Exchange)] == [0.0, 2.5]


def test_an_entry_without_a_time_is_the_first() -> None:
    found = list(har.exchanges(_har(_entry(startedDateTime="soon")), "a.har"))
    assert [each.at for each in found if isinstance(each, Exchange)] == [0.0]


def test_binary_bodies_survive() -> None:
    data = bytes(range(256))
    text = base64.b64encode(data).decode()
    entry = _entry()
    entry["request"]["postData"] = {"mimeType": "x", "text": text, "encoding": "base64"}
    entry["response"]["content"] = {"size": 256, "text": text, "encoding": "base64"}
    found = _one(entry)
    assert found.request.body == found.response.body == data


def test_a_text_may_hold_the_character_that_stands_for_what_could_not_be_read() -> None:
    entry = _entry()
    entry["request"] |= {"postData": {"text": "\ufffd"}, "bodySize": 3}
    assert _one(entry).request.body == "\ufffd".encode()


def test_headers_that_came_again_come_again() -> None:
    entry = _entry()
    entry["response"]["headers"] = [{"name": "Set-Cookie", "value": "a=1\nb=2"}]
    assert _one(entry).response.headers == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


def test_a_request_is_imported_alone_if_its_answer_was_dropped() -> None:
    entry = _entry()
    entry["response"]["content"] = {"size": 2, "mimeType": "application/json"}
    found, left_out = har.exchanges(_har(entry), "a.har")
    assert isinstance(found, Exchange)
    assert found.response is None
    assert isinstance(left_out, LeftOut)
    assert "its request is imported" in left_out.reason


@pytest.mark.parametrize(
    ("url", "target", "host"),
    [
        ("http://h/pfad/é?q=ü b&r=%C3%A9", "/pfad/%C3%A9?q=%C3%BC%20b&r=%C3%A9", "h"),
        ("http://bücher.example/", "/", "xn--bcher-kva.example"),
        ("http://h/a?b='{}[]|^`\"<>", "/a?b='{}[]|^`\"<>", "h"),
    ],
)
def test_an_address_that_is_not_ascii_is_asked_for_as_browsers_do(
    url: str, target: str, host: str
) -> None:
    entry = _entry()
    entry["request"] |= {"url": url}
    found = _one(entry)
    assert found.request.target == target
    assert found.request.headers[0] == ("Host", host)


def test_a_form_without_its_text_is_written_again() -> None:
    entry = _entry()
    params = [{"name": "a", "value": "1 2"}]
    entry["request"] |= {
        "postData": {"mimeType": "application/x-www-form-urlencoded", "params": params},
        "bodySize": 5,
    }
    assert _one(entry).request.body == b"a=1+2"


@pytest.mark.parametrize(
    ("text", "size", "body"), [("é", 1, b"\xe9"), ("é", 2, "é".encode()), ("é", 9, "é".encode())]
)
def test_an_answers_bytes_are_those_of_its_size_where_that_fits(
    text: str, size: int, body: bytes
) -> None:
    entry = _entry()
    entry["response"]["content"] = {"size": size, "mimeType": "text/plain", "text": text}
    assert _one(entry).response.body == body


def test_an_own_host_stays() -> None:
    entry = _entry()
    entry["request"]["headers"] = [{"name": "HOST", "value": "wine.example"}]
    assert _one(entry).request.headers == (("HOST", "wine.example"),)


@pytest.mark.parametrize("status", [0, -1, None])
def test_what_was_never_answered_has_no_answer(status: int | None) -> None:
    entry = _entry()
    entry["response"]["status"] = status
    assert _one(entry).response is None


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("request", {"url": "data:text/plain,hello"}, "no HTTP request"),
        ("request", {"postData": None, "bodySize": 5}, "body is not in the archive"),
        ("request", {"postData": {"text": "\ufffd\ufffd"}, "bodySize": 2}, "body is not in the"),
        ("request", {"postData": {"text": ""}, "bodySize": 5}, "body is not in the archive"),
        ("request", {"postData": {"mimeType": "multipart/form-data", "params": []}}, "body is not"),
        ("request", {"headers": 5}, "not as HAR 1.2"),
        ("request", {"postData": {"text": "?", "encoding": "base64"}}, "not as HAR 1.2"),
        ("response", {"headers": [{}]}, "not as HAR 1.2"),
        ("request", {"postData": None, "headers": _LENGTH}, "body is not in the archive"),
        ("request", {"postData": {"text": "\ufffd"}, "bodySize": -1}, "body is not in the archive"),
        ("request", {"method": "CONNECT", "url": "http://host:443"}, "an upgrade or a tunnel"),
        ("request", {"method": "CONNECT", "url": "host:443"}, "an upgrade or a tunnel"),
        ("request", {"url": "ws://host/socket"}, "no HTTP request"),
        ("response", {"status": 101}, "an upgrade or a tunnel"),
        ("_fromCache", "disk", "answered from a cache"),
    ],
)
def test_what_cannot_be_asked_again_is_left_out_with_the_reason(
    part: str, changes: Any, said: str
) -> None:
    entry = _entry()
    entry[part] = entry[part] | changes if part in entry else changes
    found = _one(entry)
    assert isinstance(found, LeftOut)
    assert said in found.reason


def test_a_request_without_body_has_none() -> None:
    entry = _entry()
    entry["request"] |= {"method": "GET", "postData": None, "bodySize": 0, "url": "http://h"}
    found = _one(entry)
    assert (found.request.body, found.request.target) == (b"", "/")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"log": {"entries": {}}}', b"[" * 99999])
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.har: no HAR archive"):
        list(har.exchanges([data], "a.har"))


def test_an_empty_archive_and_a_byte_order_mark_are_read() -> None:
    assert list(har.exchanges([b"\xef\xbb\xbf", *_har()], "a.har")) == []


def test_a_very_large_archive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "MAX_SIZE", 100)
    with pytest.raises(InputError, match="more than 100 bytes"):
        list(har.exchanges(_har(_entry()), "a.har"))


@given(damaged({"log": {"entries": [_entry(), _entry()]}}))
def test_no_archive_breaks_the_reader(document: dict[str, Any]) -> None:
    with suppress(InputError):
        list(har.exchanges([json.dumps(document, default=str).encode()], "a.har"))


@given(st.binary())
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with suppress(InputError):
        list(har.exchanges([data], "a.har"))
