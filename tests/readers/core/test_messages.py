"""Messages come back as they went, and what is none is refused."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.change import At, Change, Kind, Step, field
from harness.formats.wording import spelled
from harness.readers.core import messages
from harness.readers.core.messages import (
    Answer,
    Ended,
    Explained,
    Form,
    Request,
    decode,
    decode_request,
    encode,
    encode_request,
    explanation,
    failed,
)

TEXTS = st.text(max_size=100) | st.just("/\udcff")
STEPS = st.builds(Step, st.sampled_from(At), TEXTS | st.integers(0, 1 << 62))
VALUES = TEXTS | st.integers() | st.floats(allow_nan=False)
CHANGES = st.builds(
    Change,
    kind=st.sampled_from(Kind),
    place=st.lists(STEPS, max_size=20).map(tuple),
    first=VALUES,
    second=VALUES,
    offset=st.none() | st.integers(0, 1 << 62),
)
ANSWERS = CHANGES | st.builds(Form, name=TEXTS) | st.builds(Ended, why=TEXTS)


@given(answer=ANSWERS)
def test_answers_come_back_as_they_went(answer: Answer) -> None:
    message = encode(answer)
    assert b"\n" not in message
    assert decode(message) == answer


@given(first=TEXTS, second=TEXTS, name=TEXTS, most=st.integers(0, 1000))
def test_requests_come_back_as_they_went(first: str, second: str, name: str, most: int) -> None:
    request = Request(first=first, second=second, name=name, most=most)
    assert decode_request(encode_request(request)) == request


def test_the_longest_message_is_within_the_bound() -> None:
    text = "\U0001f600" * 1_000_000
    place = (Step(At.KEY, text[:200]),) * 1000
    change = Change(kind=Kind.TEXT, place=place, first=text, second=text, offset=1 << 63)
    message = encode(change)
    assert len(message) < messages.LARGEST
    found = decode(message)
    assert isinstance(found, Change)
    assert str(found.first).endswith("\U0001f600\N{HORIZONTAL ELLIPSIS}")
    assert spelled(found.place).endswith("\N{HORIZONTAL ELLIPSIS}")
    many = encode(replace(change, place=(Step(At.KEY, "a"),) * 1_000_000))
    assert len(many) < messages.LARGEST


@pytest.mark.parametrize(
    "said",
    [
        1,
        [],
        ["format", 1],
        ["change", "text", [], "b", "c"],
        ["change", "text", "a", "b", "c", None],
        ["change", "text", [], None, "c", None],
        ["change", "text", [], "b", True, None],
        ["change", "text", [], "b", "c", -1],
        ["change", "text", [], "b", "c", True],
        ["change", "text", [["line"]], "b", "c", None],
        ["change", "text", [["line", None]], "b", "c", None],
        ["change", "text", [1], "b", "c", None],
        ["change", "text", [["nowhere", "a"]], "b", "c", None],
        ["change", "nothing", [], "b", "c", None],
        ["end", None],
        ["other", "a"],
    ],
)
def test_what_is_no_answer_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match="no answer"):
        decode(json.dumps(said).encode())


@pytest.mark.parametrize("message", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        decode(message)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (MemoryError(), "out of memory"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (OSError("no mapping"), "no mapping"),
        (KeyError("x"), "its reader failed: KeyError"),
    ],
)
def test_a_failure_is_told_in_words(error: Exception, why: str) -> None:
    assert failed(error) == Ended(why=why)


def test_answers_become_a_format_and_changes() -> None:
    change = Change(kind=Kind.TEXT, place=field("a"), first="1", second="2")
    assert explanation([Form(name="tar"), change, Ended()]) == Explained(
        form="tar", changes=(change,)
    )


def test_what_was_not_read_is_a_change_that_says_why() -> None:
    change = Change(kind=Kind.TEXT, place=field("a"), first="1", second="2")
    (only,) = explanation([Ended(why="out of memory")]).changes
    assert (spelled(only.place), only.first) == (
        "content, not read",
        "could not be read: out of memory",
    )
    _, last = explanation([Form(name="tar"), change, Ended(why="out of time")]).changes
    assert (spelled(last.place), last.first) == ("rest, not read", "could not be read: out of time")
