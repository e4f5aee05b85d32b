import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.record.core.exchange import Exchange
from harness.record.core.lines import (
    decode_line,
    encode_head,
    encode_line,
    is_head,
    redacted_fields,
)
from tests.exchanges import exchanges

LEAST = {"method": "POST", "target": "/infer"}


def _line(**fields: object) -> bytes:
    return json.dumps({**LEAST, **fields}).encode()


@given(exchanges())
def test_an_exchange_is_read_as_it_was_written(exchange: Exchange) -> None:
    line = encode_line(exchange)
    assert line.count(b"\n") == 1
    assert decode_line(line, exchange.number, "r") == exchange


@given(st.binary())
def test_a_binary_body_survives(body: bytes) -> None:
    line = _line(**{"body-base64": base64.b64encode(body).decode()})
    assert decode_line(line, 0, "r").request.body == body


def test_a_request_has_what_the_line_says() -> None:
    line = _line(at=1.5, headers={"content-type": "text/plain"}, **{"body-text": "é"})
    found = decode_line(line, 7, "r")
    assert (found.number, found.at, found.response) == (7, 1.5, None)
    assert found.request.headers == (("content-type", "text/plain"),)
    assert found.request.body == "é".encode()


def test_headers_may_come_again() -> None:
    headers = [["accept", "a"], ["accept", "b"]]
    line = _line(headers=headers, response={"status": 204, "headers": headers})
    found = decode_line(line, 0, "r")
    assert found.response
    assert found.request.headers == found.response.headers == (("accept", "a"), ("accept", "b"))
    assert (found.response.status, found.response.body) == (204, b"")


def test_a_body_of_json_is_sent_as_such() -> None:
    body = {"x": [1, 2.5, None, "é"]}
    assert json.loads(decode_line(_line(body=body), 0, "r").request.body) == body
    assert decode_line(_line(), 0, "r").request.body == b""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "not a recorded request"),
        (b"[]", r"not a recorded request \(a list where a table belongs"),
        (b"5", "a number, true or false where a table belongs"),
        (b"null", "null where a table belongs"),
        (b"[" * 100_000, "not a recorded request"),
        (b'{"target": "/"}', "without 'method'"),
        (_line(bodi=1), "unknown key 'bodi'"),
        (_line(method={}), "a table where a text belongs"),
        (_line(headers=5), "headers are not a table of texts"),
        (_line(headers=["ab"]), "headers are not a table of texts"),
        (_line(headers=[["a"]]), "headers are not a table of texts"),
        (_line(headers={"a": 1}), "a number, true or false where a text belongs"),
        (_line(at=-1), "-1 is not a time"),
        (_line(at=True), "True is not a time"),
        (_line(body=1, **{"body-text": ""}), "more than one body"),
        (_line(**{"body-base64": "?"}), "not a recorded request"),
        (_line(response={}), "without 'status'"),
        (_line(response={"status": "200"}), "'200' is not a status"),
        (_line(response={"status": 99}), "99 is not a status"),
        (_line(response={"status": 200, "at": 1}), "unknown key 'at'"),
        (_line(response="no"), "a text where a table belongs"),
    ],
)
def test_what_is_no_request_is_refused_by_name(line: bytes, said: str) -> None:
    with pytest.raises(InputError, match=f"r: .*{said}"):
        decode_line(line, 0, "r")


@pytest.mark.parametrize(
    "headers",
    [{"X-Api-Key": ["hush"]}, [["X-Api-Key", 5, "hush"]], ["hush"], [["X-Api-Key", {"hush": 1}]]],
)
def test_a_refusal_does_not_repeat_what_headers_hold(headers: object) -> None:
    with pytest.raises(InputError) as refused:
        decode_line(_line(headers=headers), 0, "r")
    assert "hush" not in str(refused.value)


def test_the_first_line_may_say_the_version() -> None:
    assert is_head(encode_head(["user.name"]), "r")
    assert json.loads(encode_head(["user.name"]))["redacted"] == ["user.name"]
    assert not any(is_head(line, "r") for line in (_line(), b"[]", b"nonsense", b"[" * 100_000))


def test_the_first_line_may_say_what_was_taken_out() -> None:
    assert redacted_fields(encode_head(["a.b", "header:c"])) == ("a.b", "header:c")
    others = (_line(), b"[]", b"{", b"[" * 100_000, b'{"redacted": ["a"]}')
    assert [redacted_fields(line) for line in others] == [()] * 5
    assert redacted_fields(b'{"harness-recording": 1, "redacted": "a"}') == ()


def test_another_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match="version 2, but this harness reads 1; record it again"):
        is_head(b'{"harness-recording": 2}', "r")


@given(st.binary())
def test_no_line_breaks_the_reader(line: bytes) -> None:
    with suppress(InputError):
        decode_line(line, 0, "r")
