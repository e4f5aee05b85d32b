"""Known answers: what Chromium's tools and Playwright wrote of bodies that a server received."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.core.importers.har_body import body_bytes

_FORM = "application/x-www-form-urlencoded"
_PAIRS = [{"name": "a", "value": "é 1&2"}, {"name": "b", "value": ""}]
_RAW = [{"name": "a", "value": "%C3%A9+1%262"}, {"name": "b", "value": ""}]


@pytest.mark.parametrize(
    ("content", "sizes", "sent"),
    [
        ({"text": "\x00\x01ÈÿÃ"}, {5}, b"\x00\x01\xc8\xff\xc3"),
        ({"mimeType": "application/octet-stream", "text": "é"}, {1}, b"\xe9"),
        ({"mimeType": "application/octet-stream", "text": "é"}, (), b"\xe9"),
        ({"mimeType": "application/json", "text": "é"}, (), "é".encode()),
        ({"mimeType": "text/plain;charset=UTF-8", "text": "é北"}, {5}, "é北".encode()),
        ({"mimeType": "text/plain; charset=iso-8859-1", "text": "é"}, {1, 2}, b"\xe9"),
        ({"mimeType": "text/plain; charset=iso-8859-1", "text": "é"}, {2}, "é".encode()),
        ({"mimeType": "text/plain; charset=nothing", "text": "é"}, {2}, "é".encode()),
        ({"text": "Ã©"}, {2}, "é".encode()),
        ({"text": "Ã©"}, {4}, "Ã©".encode()),
        ({"text": "北"}, {1}, None),
        ({"text": "cut off"}, {70_000}, None),
        ({"text": "", "mimeType": "application/octet-stream"}, {5}, None),
        ({"text": ""}, (), b""),
        ({"text": "\ud800"}, (), None),
        ({"text": base64.b64encode(b"\xff").decode(), "encoding": "base64"}, {9}, b"\xff"),
        ({"mimeType": _FORM, "params": _PAIRS}, {17}, b"a=%C3%A9+1%262&b="),
        ({"mimeType": _FORM, "params": _PAIRS}, {19}, b"a=%C3%A9%201%262&b="),
        ({"mimeType": _FORM, "params": _PAIRS}, {11}, "a=é 1&2&b=".encode()),
        ({"mimeType": _FORM, "params": _PAIRS}, (), b"a=%C3%A9+1%262&b="),
        ({"mimeType": f"{_FORM};charset=UTF-8", "params": _RAW}, {17}, b"a=%C3%A9+1%262&b="),
        ({"mimeType": _FORM, "params": _RAW}, (), b"a=%C3%A9+1%262&b="),
        ({"mimeType": _FORM, "params": _PAIRS}, {99}, None),
        ({"mimeType": _FORM, "text": "a=1", "params": _PAIRS}, {3}, b"a=1"),
        ({"mimeType": "multipart/form-data; boundary=x", "params": _PAIRS}, (), None),
    ],
)
def test_a_body_is_the_bytes_that_were_sent(
    content: dict[str, Any], sizes: set[int], sent: bytes | None
) -> None:
    assert body_bytes(content, sizes) == sent


@given(st.binary(min_size=1))
def test_bytes_that_stand_as_characters_are_those_bytes_again(data: bytes) -> None:
    try:
        text = data.decode()  # as browsers' tools write it
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    assert body_bytes({"mimeType": "", "text": text}, {len(data)}) == data
