"""Recordings as JSON lines: an object a request, as harness and other tools write them.

Keys: `method`, `target` and one of `body` (JSON), `body-text`, `body-base64`, or none; if known,
`at` in seconds since the start, `headers`, a table of texts or a list of names and values, and
`response`, null or a table with `status`, `headers` and a body as above. A first line may say which
version this is: `{"harness-recording": 1}`, with `redacted`, a list of the fields taken out.
"""

import base64
import json
import math
from collections.abc import Sequence
from typing import Any

from harness.errors import InputError
from harness.record.core.exchange import Exchange, Headers, Request, Response

VERSION = 1
MAX_LINE = 128 * 2**20
"""Bytes."""

_HEAD, _REDACTED = "harness-recording", "redacted"
_BODIES = ("body", "body-text", "body-base64")
_KEYS = frozenset({"at", "method", "target", "headers", "response", *_BODIES})
_RESPONSE_KEYS = frozenset({"status", "headers", *_BODIES})
_STATUSES = range(100, 1000)
_PAIR = 2


def encode_head(redacted: Sequence[str]) -> bytes:
    """Return the first line of a recording: its version, and which fields were taken out."""
    return json.dumps({_HEAD: VERSION, _REDACTED: list(redacted)}).encode() + b"\n"


def is_head(line: bytes, where: str) -> bool:
    """Return whether a recording's first line says its version, and not a request.

    Raises:
        InputError: the version is another.

    """
    try:
        found = json.loads(line)
        version = found[_HEAD] if isinstance(found, dict) else None
    except (KeyError, ValueError, RecursionError):
        return False
    if version is not None and version != VERSION:
        raise InputError(
            f"{where}: a recording of version {version!r:.20}, but this harness reads "
            f"{VERSION}; record it again, or use a newer harness"
        )
    return version is not None


def redacted_fields(line: bytes) -> tuple[str, ...]:
    """Return the fields that were taken out, as a recording's first line says if it says any."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    fields = found.get(_REDACTED) if isinstance(found, dict) and _HEAD in found else None
    return tuple(map(str, fields)) if isinstance(fields, list) else ()


def encode_line(exchange: Exchange) -> bytes:
    """Return an exchange as a line; every byte of its bodies survives."""
    request, response = exchange.request, exchange.response
    value = {
        "at": exchange.at,
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        **_encode_body(request.body),
        "response": response
        and {
            "status": response.status,
            "headers": response.headers,
            **_encode_body(response.body),
        },
    }
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _encode_body(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    try:
        return {"body-text": body.decode()}
    except UnicodeDecodeError:
        return {"body-base64": base64.b64encode(body).decode()}


def decode_line(line: bytes, number: int, where: str) -> Exchange:
    """Decode a line; `number` is the request's, `where` names the line in errors.

    Raises:
        InputError: it is not a request.

    """
    try:
        value = json.loads(line)
        _require_known(value, _KEYS)
        request = Request(
            method=_text(value["method"]),
            target=_text(value["target"]),
            headers=_headers(value.get("headers", {})),
            body=_body(value),
        )
        response = _response(value.get("response"))
        at = _at(value.get("at", 0.0))
        return Exchange(number=number, at=at, request=request, response=response)
    except KeyError as error:
        raise InputError(f"{where}: a request without {error}") from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"{where}: not a recorded request ({str(error)[:80]})") from error


def _response(value: Any) -> Response | None:
    if value is None:
        return None
    _require_known(value, _RESPONSE_KEYS)
    status = value["status"]
    if type(status) is not int or status not in _STATUSES:
        raise ValueError(f"{status!r:.40} is not a status")
    return Response(status=status, headers=_headers(value.get("headers", {})), body=_body(value))


def _require_known(value: Any, keys: frozenset[str]) -> None:
    if not isinstance(value, dict):
        raise TypeError(f"{_kind(value)} where a table belongs")
    if unknown := value.keys() - keys:
        raise ValueError(f"unknown key {min(unknown)!r:.40}")


def _headers(value: Any) -> Headers:
    """Return headers; what they hold may be a credential, and is in no error."""
    match value:
        case dict():
            pairs = list(value.items())
        case list() if all(type(pair) is list and len(pair) == _PAIR for pair in value):
            pairs = value
        case _:
            raise TypeError("headers are not a table of texts, and no list of names and values")
    return tuple((_text(name), _text(text)) for name, text in pairs)


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
        raise TypeError(f"{_kind(value)} where a text belongs")
    return value


def _kind(value: Any) -> str:
    """Return what JSON calls a value, which is not repeated: it may be a credential."""
    kinds = {dict: "a table", list: "a list", str: "a text", type(None): "null"}
    return kinds.get(type(value), "a number, true or false")
