"""HAR 1.2, the archives of browsers and proxies: one JSON object with `log.entries`.

Beyond the specification (W3C draft, HTTP Archive): `postData.encoding` and `_encoding` are read
like `content.encoding`, `_fromCache` as browsers write it, and headers that came again, which they
join with a line's end, are taken apart. A URL that is not ASCII is written as browsers send it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from harness.errors import InputError
from harness.record.core.exchange import Exchange, Headers, Request, Response
from harness.record.core.importers.found import Found, LeftOut
from harness.record.core.importers.har_body import body_bytes

MAX_SIZE = 2**29
"""Bytes: an archive is one value, and read as one."""

_MARK = b"\xef\xbb\xbf"
"""Byte order mark, which some programs write first."""
_NO_BODY = LeftOut(reason="a request whose body is not in the archive as it was")
_NO_ANSWER = LeftOut(
    reason="an answer whose body is not in the archive; its request is imported alone"
)
_CACHED = LeftOut(reason="answered from a cache")
_OTHER = LeftOut(reason="no HTTP request")
_UPGRADE = LeftOut(reason="an upgrade or a tunnel (WebSocket, CONNECT)")
_DAMAGED = LeftOut(reason="an entry that is not as HAR 1.2 has it")
_REPLACED = "\ufffd"
_UPGRADED = 101
_AS_SENT = "".join(map(chr, range(0x21, 0x7F)))


def exchanges(lines: Iterable[bytes], where: str) -> Iterator[Found]:
    """Yield the exchanges of an archive, the earliest first; `where` names it in errors.

    Raises:
        InputError: it is not an archive.

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
        raise InputError(f"{where}: no HAR archive (log.entries is not a list)")
    timed = [(_time(entry), entry) for entry in entries]
    timed.sort(key=lambda each: each[0])
    start = timed[0][0] if timed else 0.0
    for time, entry in timed:
        try:
            found, answered = _found(entry, time - start), _has_answer(entry)
        except (ValueError, KeyError, TypeError, AttributeError):
            yield _DAMAGED
            continue
        if isinstance(found, Exchange) and not answered:
            yield replace(found, response=None)
            yield _NO_ANSWER
        else:
            yield found


def _time(entry: Any) -> float:
    """Return seconds since the epoch; those of an entry without a time are 0."""
    try:
        return datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    except (ValueError, KeyError, TypeError, OverflowError):
        return 0.0


def _found(entry: Any, at: float) -> Found:
    request = entry["request"]
    url, answer = urlsplit(request["url"]), entry.get("response") or {}
    if request["method"] == "CONNECT" or answer.get("status") == _UPGRADED:
        return _UPGRADE
    if url.scheme not in {"http", "https"}:
        return _OTHER
    if entry.get("_fromCache"):
        return _CACHED
    headers = _headers(request["headers"])
    body = _asked_body(request, headers)
    if body is None:
        return _NO_BODY
    if not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", _host(url.netloc)), *headers)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    asked = Request(
        method=str(request["method"]),
        target=quote(target, safe=_AS_SENT),
        headers=headers,
        body=body,
    )
    return Exchange(number=0, at=at, request=asked, response=_response(answer))


def _asked_body(request: Any, headers: Headers) -> bytes | None:
    """Return the body of a request, b"" if it had none, None if it is not there as it was sent.

    Playwright writes an empty text for bytes that are none, and nothing for a form with files.
    """
    posted = request.get("postData") or {}
    told = [value for name, value in headers if name.lower() == "content-length"]
    sizes = {int(size) for size in (request.get("bodySize", -1), *told) if int(size) > 0}
    if not posted:
        return None if sizes else b""
    if "text" not in posted and not posted.get("params"):
        return None
    if _REPLACED in posted.get("text", "") and not sizes:
        return None
    return body_bytes(posted, sizes)


def _host(netloc: str) -> str:
    host = netloc.rpartition("@")[2]
    return host if host.isascii() else host.encode("idna").decode()


def _response(response: Any) -> Response | None:
    """Return the answer; of a request that got none a browser says 0, Playwright -1."""
    if not response or int(response["status"] or 0) < 1:
        return None
    headers = _headers(response["headers"])
    content = response.get("content") or {}
    sizes = {int(size) for size in (response.get("bodySize", -1), content.get("size", -1))}
    body = body_bytes(content, sizes & {size for size in sizes if size > 0})
    if body is None:  # some count as sent and others as read: what it says is all that is known
        body = body_bytes(content, ()) or b""
    return Response(status=int(response["status"]), headers=headers, body=body)


def _has_answer(entry: Any) -> bool:
    """Return whether an answer's body is there as a whole, as it is not if a browser dropped it."""
    content = (entry.get("response") or {}).get("content") or {}
    return "text" in content or not content.get("size", 0) > 0


def _headers(headers: Any) -> Headers:
    """Return the headers without HTTP/2's own, which say what the request line says."""
    pairs = ((str(header["name"]), str(header["value"])) for header in headers)
    return tuple(
        (name, value)
        for name, values in pairs
        if not name.startswith(":")
        for value in values.split("\n")
    )
