import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.core.exchange import Headers, Request
from harness.shadow.core import groups
from harness.shadow.core.groups import MAX_NAME

BODY = json.dumps({"parameters": {"channel": "lab", "tier": 2, "on": True}, "inputs": [{"n": "x"}]})


def group_of(body: bytes, path: Sequence[str], headers: Headers = ()) -> str:
    request = Request(method="POST", target="/", headers=headers, body=body)
    return groups.group_of(request, path)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("parameters.channel", "lab"),
        ("parameters.tier", "2"),
        ("parameters.on", "true"),
        ("inputs.0.n", "x"),
        ("inputs.1.n", ""),
        ("inputs.first", ""),
        ("parameters", ""),
        ("parameters.channel.more", ""),
        ("missing", ""),
        ("", ""),
    ],
)
def test_a_group_is_named_by_the_value_of_the_field(path: str, name: str) -> None:
    assert group_of(BODY.encode(), path.split(".") if path else ()) == name


@given(st.binary(), st.lists(st.text(), max_size=3))
def test_no_body_breaks_it(body: bytes, path: list[str]) -> None:
    assert len(group_of(body, path)) <= MAX_NAME


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a": null}', b"\xff", b"1"])
def test_a_body_without_the_field_is_in_no_group(body: bytes) -> None:
    assert group_of(body, ("a",)) == ""


@pytest.mark.parametrize(("size", "name"), [("14", "lab"), ("13", ""), ("99", ""), ("no", "")])
def test_binary_tensors_after_the_json_are_left_out(size: str, name: str) -> None:
    headers = (("Inference-Header-Content-Length", size),)
    assert group_of(b'{"tier":"lab"}\xff\x00', ("tier",), headers) == name


def test_a_long_value_is_cut() -> None:
    assert len(group_of(b'{"a": "' + b"x" * 1000 + b'"}', ("a",))) == MAX_NAME
