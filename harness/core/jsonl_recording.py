"""Recordings as JSON lines: an object a request, as other tools write them.

Keys: `method`, `target` and one of `body` (JSON), `body-text`, `body-base64`, or none; if known,
`at` in seconds since the start and `headers`, a table of strings.
"""

import base64
import json
import math
from typing import Any

from harness.core.recording import Exchange, Headers, Request
from harness.errors import InputError

MAX_LINE = 128 * 2**20
"""Bytes."""

_BODIES = ("body", "body-text", "body-base64")
_KEYS = frozenset({"at", "method", "target", "headers", *_BODIES})


def decode_line(line: bytes, number: int, where: str) -> Exchange:
    """Decode a line; `number` is the request's, `where` names the line in errors.

    Raises:
        InputError: it is no request.

    """
    try:
        value = json.loads(line)
        _require_known(value)
        request = Request(
            method=_text(value["method"]),
            target=_text(value["target"]),
            headers=_headers(value.get("headers", {})),
            body=_body(value),
        )
        return Exchange(number=number, at=_at(value.get("at", 0.0)), request=request, response=None)
    except KeyError as error:
        raise InputError(f"{where}: a request without {error}") from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"{where}: not a recorded request ({str(error)[:80]})") from error


def _require_known(value: dict[str, Any]) -> None:
    if unknown := set(value) - _KEYS:
        raise ValueError(f"unknown key {min(unknown)!r}")


def _headers(value: Any) -> Headers:
    return tuple((_text(name), _text(text)) for name, text in value.items())


def _body(value: dict[str, Any]) -> bytes:
    match [key for key in _BODIES if key in value]:
        case []:
            return b""
        case ["body"]:
            return json.dumps(value["body"], ensure_ascii=False).encode()
        case ["body-text"]:
            return _text(value["body-text"]).encode()
        case ["body-base64"]:
            return base64.b64decode(_text(value["body-base64"]), validate=True)
    raise ValueError("more than one body")


def _at(value: Any) -> float:
    if type(value) not in {int, float} or not 0 <= value < math.inf:
        raise ValueError(f"{value!r:.40} is not a time in seconds")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not a text")
    return value
