"""What happened in a comparison, one event after the other, and as lines of its log.

It is judged from its events alone, so that the log gives the same result again. Format, version
2: JSON objects, a line each, with `event` and the fields below; times are seconds of one monotonic
clock, bodies are base64 and null where they are the same bytes as production A's. What follows is
there only where it says something: `json_size`, how many bytes of a body stand before binary
tensors; `headers`, names and values that are compared, where they are not production A's; the
`asked_id` that a request gave; `first`, when a body began; `again`, that a request was sent twice.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from harness.errors import InputError
from harness.record.core.exchange import Headers
from harness.shadow.core.answers.answer import Reply

FORMAT = 2
ARMS = 3
MAX_LINE = 512 * 2**20
"""Bytes; three bodies of 64 MiB fit."""


_LARGEST = 2**63 - 1
_LATEST = 1e9
"""Seconds of a monotonic clock: 30 years."""


class Phase(StrEnum):
    """How a request was asked."""

    SERIAL = "serial"
    """One after the other."""
    REPLAY = "replay"
    """Once more, because only the candidate answered otherwise."""
    OPEN = "open"
    """Without waiting for answers."""
    WARM_UP = "warm-up"
    """First after the start that is asked on."""
    START = "start"
    """First after a start that is only to count what starts use."""


BEGINNINGS = frozenset({Phase.WARM_UP, Phase.START})


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When one request went to one arm and was answered, in seconds of the client's clock.

    A request that follows a plan was `intended` at its time whenever it could be sent, and its
    latency counts from there; one that follows another's answer was intended when it was sent.
    `first` is when the first byte of a body came that took longer; `again` whether the request went
    out on a second connection, since the service had closed the first when it was idle.
    """

    intended: float
    sent: float
    finished: float
    first: float | None = None
    again: bool = False

    @property
    def seconds(self) -> float:
        """The latency, from the intended time."""
        return self.finished - self.intended

    def times(self) -> dict[str, Any]:
        """Return the times by name, as what is made of this one takes them."""
        return {one.name: getattr(self, one.name) for one in fields(Times)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed(Times):
    """One arm's reply."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One request as the three arms answered it; `group` is "" where there are no groups."""

    number: int
    phase: Phase
    group: str
    arms: tuple[Timed, Timed, Timed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What one start of an arm (0 production A, 1 production B, 2 the candidate) came to."""

    arm: int
    ready_seconds: float
    memory_peak_bytes: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """All arms were started again, to tell what an image does from what a start does.

    `starts` is how often that was, this one counted.
    """

    starts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Why the comparison itself is worth nothing."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexercised:
    """What was asked for and not done, and why."""

    what: str


class Ending(StrEnum):
    """Why no more was asked."""

    SETTLED = "every family is settled"
    EXHAUSTED = "every request was asked"
    INTERRUPTED = "interrupted"
    BROKEN = "the comparison broke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end, after so many requests of all arms, those asked again included."""

    asked: int
    ending: Ending


Event = Played | Started | Restarted | Broken | Unexercised | Ended


def encode_event(event: Event) -> bytes:
    """Return the event's line, with its end."""
    fields = _encode_played(event) if isinstance(event, Played) else asdict(event)
    value = {"event": type(event).__name__.lower(), **fields}
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _encode_played(played: Played) -> dict[str, Any]:
    return {
        "number": played.number,
        "phase": played.phase,
        "group": played.group,
        "arms": [
            _encode_timed(arm, played.arms[0].reply if index else None)
            for index, arm in enumerate(played.arms)
        ],
    }


def _encode_timed(timed: Timed, first: Reply | None) -> dict[str, Any]:
    """Return one arm's fields; `first` is production A's reply, None for A itself."""
    reply = timed.reply
    same_body = first is not None and reply.body == first.body
    same_headers = reply.headers == (first.headers if first else ())
    optional = {
        "json_size": reply.json_size,
        "headers": None if same_headers else reply.headers,
        "asked_id": reply.asked_id,
        "first": timed.first,
        "again": timed.again or None,
    }
    return {
        "intended": timed.intended,
        "sent": timed.sent,
        "finished": timed.finished,
        "outcome": reply.outcome,
        "body": None if same_body else base64.b64encode(reply.body).decode(),
        **{key: value for key, value in optional.items() if value is not None},
    }


def decode_event(line: bytes, where: str) -> Event:
    """Decode a line of the log; `where` names it in errors.

    Raises:
        InputError: it is not an event; says where and what was found.

    """
    try:
        value = json.loads(line)
        return _DECODERS[value["event"]](value)
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{where}: not an event of a comparison ({str(error)[:80]!r})") from error


def _decode_played(value: dict[str, Any]) -> Played:
    a, b, c = value["arms"]
    first = _decode_timed(a, Reply(outcome="", body=_decode_body(a["body"])))
    return Played(
        number=_whole(value["number"]),
        phase=Phase(value["phase"]),
        group=_text(value["group"]),
        arms=(first, _decode_timed(b, first.reply), _decode_timed(c, first.reply)),
    )


def _decode_timed(value: dict[str, Any], first: Reply) -> Timed:
    body = first.body if value["body"] is None else _decode_body(value["body"])
    return Timed(
        intended=_seconds(value["intended"]),
        sent=_seconds(value["sent"]),
        finished=_seconds(value["finished"]),
        reply=Reply(
            outcome=_text(value["outcome"]),
            body=body,
            json_size=_json_size(value, body),
            headers=_decode_headers(value["headers"]) if "headers" in value else first.headers,
            asked_id=_text(value["asked_id"]) if "asked_id" in value else None,
        ),
        first=_seconds(value["first"]) if "first" in value else None,
        again=value.get("again", False) is True,
    )


def _decode_headers(value: list[Any]) -> Headers:
    return tuple((_text(name), _text(said)) for name, said in value)


def _json_size(value: dict[str, Any], body: bytes) -> int | None:
    if "json_size" not in value:
        return None
    size = _whole(value["json_size"])
    if size > len(body):
        raise ValueError("JSON that is longer than its body")
    return size


def _decode_body(text: str) -> bytes:
    return base64.b64decode(_text(text), validate=True)


def _decode_started(value: dict[str, Any]) -> Started:
    return Started(
        arm=range(ARMS)[_whole(value["arm"])],
        ready_seconds=_seconds(value["ready_seconds"]),
        memory_peak_bytes=_whole(value["memory_peak_bytes"]),
        cpu_seconds=_seconds(value["cpu_seconds"]),
    )


_DECODERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "played": _decode_played,
    "started": _decode_started,
    "restarted": lambda value: Restarted(starts=_whole(value["starts"])),
    "broken": lambda value: Broken(reason=_text(value["reason"])),
    "unexercised": lambda value: Unexercised(what=_text(value["what"])),
    "ended": lambda value: Ended(asked=_whole(value["asked"]), ending=Ending(value["ending"])),
}


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError(f"{value!r:.40} is not a whole number up to {_LARGEST}")
    return value


def _seconds(value: Any) -> float:
    if type(value) not in {int, float} or not 0 <= value <= _LATEST:
        raise ValueError(f"{value!r:.40} is not a time")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not a text")
    return value
