"""What Nix says of its builds, read from its structured log (`--log-format internal-json`).

What a builder prints decides nothing. Nix puts each line of it into a message of its own, and lets
a builder speak up to a point: it passes on what begins with `@nix`, as messages without `raw_msg`
and as results of the builder's own activity. So a failure is only what has `raw_msg`, which Nix
gives its own errors alone; it is read from the beginning, and with `log-lines = 0` no error quotes
a builder. (Nix's `JSONLogger`, `handleJSONLogMessage` and `DerivationGoal`, 2.8 to 2.34.)
"""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PREFIX = "@nix "
_ERROR_LEVEL = 0
_BUILDS, _BUILD = 104, 105
"""Types of activity: all builds, and one."""
_LINE, _PROGRESS = 101, 105
"""Types of result: a line of a builder, and how far an activity is."""
_MOST_LINES, _MOST_FAILURES, _LONGEST = 50, 1000, 2000

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_DERIVATION = r"(/nix/store/[0-9a-z]{32}-[^'/]+\.drv)"
_BUILDER = re.compile(
    rf"(?:builder for '{_DERIVATION}' failed"
    rf"|Cannot build '{_DERIVATION}'\.\s+Reason: builder failed"
    rf"|hash mismatch in fixed-output derivation '{_DERIVATION}')"
    r"( due to signal 9 \(Killed\))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error of Nix's; `derivation` is that whose builder failed or made something else, if one.

    `killed`: by SIGKILL, which the builder, the kernel or Nix itself may have sent.
    """

    message: str
    derivation: str | None = None
    killed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A build that Nix has begun: the how-manieth, of how many that are planned by now."""

    derivation: str
    begun: int
    planned: int


class BuildLog:
    """Reads a log line by line and keeps its failures and the last lines that builders printed."""

    def __init__(self) -> None:
        self._failures: deque[Failure] = deque(maxlen=_MOST_FAILURES)
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._builds: set[Any] = set()
        self._begun = self._planned = 0

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The errors so far, at most the last 1,000."""
        return tuple(self._failures)

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines that builders printed, and what Nix said outside its log."""
        return tuple(self._lines)

    def feed(self, line: str) -> Begun | None:
        """Take a line; return the build that it says has begun, if it does."""
        message = _message(line)
        if message is None:
            self._lines.append(line[:_LONGEST])
            return None
        kind, fields = message.get("type"), message.get("fields")
        match message.get("action"):
            case "msg":
                self._failed(message)
            case "start" if kind == _BUILDS:
                self._builds.add(message.get("id"))
            case "start" if kind == _BUILD and isinstance(fields, list) and fields:
                self._begun += 1
                planned = max(self._planned, self._begun)
                return Begun(derivation=str(fields[0]), begun=self._begun, planned=planned)
            case "result" if isinstance(fields, list):
                self._result(kind, message.get("id"), fields)
        return None

    def _failed(self, message: Mapping[str, Any]) -> None:
        text = message.get("raw_msg")
        if message.get("level") == _ERROR_LEVEL and isinstance(text, str):
            self._failures.append(_failure(_COLOUR.sub("", text)))

    def _result(self, kind: Any, activity: Any, fields: list[Any]) -> None:
        match fields:
            case [str() as text] if kind == _LINE:
                self._lines.append(text[:_LONGEST])
            case [_, int() as planned, *_] if kind == _PROGRESS and activity in self._builds:
                self._planned = planned


def _message(line: str) -> dict[str, Any] | None:
    if not line.startswith(_PREFIX):
        return None
    try:
        message = json.loads(line.removeprefix(_PREFIX))
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _failure(text: str) -> Failure:
    match = _BUILDER.match(text)
    if match is None:
        return Failure(message=text[:_LONGEST])
    return Failure(
        message=text[:_LONGEST],
        derivation=match[1] or match[2] or match[3],
        killed=match[4] is not None,
    )
