import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.jsonl_recording import decode_line
from harness.errors import InputError

LEAST = {"method": "POST", "target": "/infer"}


def _line(**fields: object) -> bytes:
    return json.dumps({**LEAST, **fields}).encode()


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


def test_a_body_of_json_is_sent_as_such() -> None:
    body = {"x": [1, 2.5, None, "é"]}
    assert json.loads(decode_line(_line(body=body), 0, "r").request.body) == body
    assert decode_line(_line(), 0, "r").request.body == b""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "not a recorded request"),
        (b"[]", "not a recorded request"),
        (b"5", "not a recorded request"),
        (b"[" * 100_000, "not a recorded request"),
        (b'{"target": "/"}', "without 'method'"),
        (_line(bodi=1), "unknown key 'bodi'"),
        (_line(method=1), "1 is not a text"),
        (_line(headers=[]), "not a recorded request"),
        (_line(headers={"a": 1}), "1 is not a text"),
        (_line(at=-1), "-1 is not a time"),
        (_line(at=True), "True is not a time"),
        (_line(body=1, **{"body-text": ""}), "more than one body"),
        (_line(**{"body-base64": "?"}), "not a recorded request"),
    ],
)
def test_what_is_no_request_is_refused_by_name(line: bytes, said: str) -> None:
    with pytest.raises(InputError, match=f"r: .*{said}"):
        decode_line(line, 0, "r")


@given(st.binary())
def test_no_line_breaks_the_reader(line: bytes) -> None:
    with suppress(InputError):
        decode_line(line, 0, "r")
