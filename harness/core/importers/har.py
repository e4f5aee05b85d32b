"""HAR 1.2, the archives of browsers and proxies: one JSON object with `log.entries`.

Beyond the specification (W3C draft, HTTP Archive): `postData.encoding` is read like
`content.encoding`, and `_fromCache` as browsers write it.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from harness.core.importers.found import Found, LeftOut
from harness.core.recording import Exchange, Headers, Request, Response
from harness.errors import InputError

MAX_SIZE = 2**30
"""Bytes: an archive is one value, and read as one."""

_MARK = b"\xef\xbb\xbf"
"""Byte order mark, which some programs write first."""
_NO_BODY = "a request whose body is not in the archive"
_CACHED = "answered from a cache"
_OTHER = "no HTTP request"
_DAMAGED = "an entry that is not as HAR 1.2 has it"


def exchanges(lines: Iterable[bytes], where: str) -> Iterator[Found]:
    """Yield the exchanges of an archive, the earliest first; `where` names it in errors.

    Raises:
        InputError: it is no archive.

    """
    data = bytearray()
    for line in lines:
        data += line
        if len(data) > MAX_SIZE:
            raise InputError(f"{where}: an archive of more than {MAX_SIZE} bytes")
    try:
        entries = json.loads(data.removeprefix(_MARK))["log"]["entries"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{where}: no HAR archive ({str(error)[:80]})") from error
    if not isinstance(entries, list):
        raise InputError(f"{where}: no HAR archive (log.entries is no list)")
    timed = [(_time(entry), entry) for entry in entries]
    timed.sort(key=lambda each: each[0])
    start = timed[0][0] if timed else 0.0
    for time, entry in timed:
        try:
            yield _found(entry, time - start)
        except (ValueError, KeyError, TypeError, AttributeError):
            yield LeftOut(reason=_DAMAGED)


def _time(entry: Any) -> float:
    """Return seconds since the epoch; those of an entry without a time are 0."""
    try:
        return datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    except (ValueError, KeyError, TypeError, OverflowError):
        return 0.0


def _found(entry: Any, at: float) -> Found:
    request = entry["request"]
    url = urlsplit(request["url"])
    if url.scheme not in {"http", "https"}:
        return LeftOut(reason=_OTHER)
    if entry.get("_fromCache"):
        return LeftOut(reason=_CACHED)
    posted = request.get("postData") or {}
    if "text" not in posted and (posted or request.get("bodySize", 0) > 0):
        return LeftOut(reason=_NO_BODY)
    headers = _headers(request["headers"])
    if not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", url.netloc.rpartition("@")[2]), *headers)
    asked = Request(
        method=str(request["method"]),
        target=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        headers=headers,
        body=_body(posted),
    )
    return Exchange(number=0, at=at, request=asked, response=_response(entry.get("response")))


def _response(response: Any) -> Response | None:
    """Return the answer; a browser says 0 of a request that got none."""
    if not response or not response["status"]:
        return None
    headers = _headers(response["headers"])
    return Response(
        status=int(response["status"]), headers=headers, body=_body(response.get("content") or {})
    )


def _headers(headers: Any) -> Headers:
    """Return the headers without HTTP/2's own, which say what the request line says."""
    pairs = ((str(header["name"]), str(header["value"])) for header in headers)
    return tuple((name, value) for name, value in pairs if not name.startswith(":"))


def _body(content: Any) -> bytes:
    text = content.get("text", "")
    if content.get("encoding") == "base64":
        return base64.b64decode(text, validate=True)
    return bytes(text.encode())
