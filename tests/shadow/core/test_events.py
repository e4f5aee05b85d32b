import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import (
    Broken,
    Ended,
    Ending,
    Event,
    Phase,
    Played,
    Restarted,
    Started,
    Timed,
    Times,
    Unexercised,
    decode_event,
    encode_event,
)

_SECONDS = st.floats(0, 1e9)
_TIMED = st.builds(
    Timed,
    intended=_SECONDS,
    sent=_SECONDS,
    finished=_SECONDS,
    reply=st.builds(
        Reply,
        outcome=st.text(),
        body=st.sampled_from([b"{}", b"\xff\x00", b"{}\xff"]),
        json_size=st.none() | st.integers(0, 2),
        headers=st.sampled_from([(), (("vary", "a"),), (("etag", "weak"), ("vary", "a"))]),
        asked_id=st.none() | st.text(),
    )
    | st.builds(Reply, outcome=st.text(), body=st.just(b"")),
    first=st.none() | _SECONDS,
    again=st.booleans(),
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Played,
        number=st.integers(0, 10**9),
        phase=st.sampled_from(Phase),
        group=st.text(),
        arms=st.tuples(_TIMED, _TIMED, _TIMED),
    ),
    st.builds(
        Started,
        arm=st.integers(0, 2),
        ready_seconds=_SECONDS,
        memory_peak_bytes=st.integers(0, 2**50),
        cpu_seconds=_SECONDS,
    ),
    st.builds(Restarted, starts=st.integers(0, 10**9)),
    st.builds(Broken, reason=st.text()),
    st.builds(Unexercised, what=st.text()),
    st.builds(Ended, asked=st.integers(0, 10**9), ending=st.sampled_from(Ending)),
)


@given(EVENTS)
def test_an_event_is_one_line_that_says_all_of_it(event: Event) -> None:
    line = encode_event(event)
    assert line.count(b"\n") == 1
    assert decode_event(line, "log") == event


def test_a_latency_counts_from_when_a_request_was_to_be_sent() -> None:
    late = Timed(intended=1.0, sent=3.0, finished=4.5, reply=Reply(outcome="200", body=b""))
    assert late.seconds == 3.5


@given(EVENTS, st.data())
def test_damage_is_refused_or_is_another_event(event: Event, data: st.DataObject) -> None:
    line = bytearray(encode_event(event))
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        decode_event(bytes(line), "log")


_ARM = b'{"intended": 1, "sent": 1, "finished": 1, "outcome": "200", "body": "e30=", %b}'
_PLAYED = (
    b'{"event": "played", "number": 1, "phase": "serial", "group": "", "arms": ['
    + b", ".join([_ARM % b'"json_size": %b', *[_ARM % b'"json_size": 2'] * 2])
    + b"]}"
)


def test_the_length_of_the_json_is_kept() -> None:
    played = decode_event(_PLAYED % b"1", "log")
    assert isinstance(played, Played)
    assert [arm.reply.json_size for arm in played.arms] == [1, 2, 2]


def _started(**changes: Any) -> bytes:
    started = Started(arm=0, ready_seconds=1.0, memory_peak_bytes=1, cpu_seconds=0.5)
    return json.dumps({**json.loads(encode_event(started)), **changes}).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"event": "another"}',
        b'{"event": []}',
        b'{"event": "broken"}',
        b'{"event": "broken", "reason": 1}',
        _started(arm=3),
        _started(arm=-1),
        _started(arm=True),
        _started(memory_peak_bytes=1.5),
        _started(cpu_seconds="1"),
        _started(cpu_seconds=float("nan")),
        _started(cpu_seconds=10**400),
        _started(cpu_seconds=-1.0),
        _started(cpu_seconds=2e9),
        _started(memory_peak_bytes=2**63),
        _PLAYED % (b"3"),
        _PLAYED % (b"-1"),
        _PLAYED % (b"null"),
        _PLAYED % (b"true"),
    ],
)
def test_what_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(InputError, match="log: not an event of a comparison"):
        decode_event(line, "log")


def test_a_body_like_the_first_arms_is_kept_once() -> None:
    same = Timed(intended=0.0, sent=0.0, finished=1.0, reply=Reply(outcome="200", body=b"x" * 1000))
    line = encode_event(Played(number=1, phase=Phase.SERIAL, group="", arms=(same,) * 3))
    assert len(line) < 2000


def test_times_are_handed_on_by_name_and_nothing_else() -> None:
    late = Timed(intended=1.0, sent=3.0, finished=4.5, reply=Reply(outcome="200", body=b""))
    assert Times(**late.times()) == Times(intended=1.0, sent=3.0, finished=4.5)
    assert Timed(**late.times(), reply=late.reply) == late
