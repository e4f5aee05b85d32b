"""HTTP/1.1 as bytes: a recorded request as it is sent again, and an answer read as it arrives.

Nothing here waits or connects (RFC 9112 is the format's source). A request keeps every byte that is
its own: what belonged to the recorded connection is dropped, framing is written anew. An answer is
read within bounds whatever a server sends.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from harness.errors import InputError
from harness.record.core.exchange import Request, Response

MAX_HEAD = 256 * 1024
"""Bytes of a status line and headers, interim answers (1xx) before them included."""

_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"[!-~\x80-\xff]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_ACCEPTS_GZIP = re.compile(r"((x-)?gzip|\*)(\s*;(?!\s*q=0(\.0*)?\s*$).*)?")
_MAX_CODINGS = 4
_MAX_MEMBERS = 100
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Failure(StrEnum):
    """Why a request has no answer; falsy if it has one."""

    NONE = ""
    NOT_SENT = "not sent"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    RESET = "reset"
    CLOSED = "closed without an answer"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    TOO_LARGE = "too large"


def encode(request: Request) -> bytes:
    """Return the bytes of a request, for a connection that is kept open.

    Headers stay in order, `Host` as recorded (else `localhost`). Of the codings that a client
    offered only gzip is offered again, because that is what `decoded` reads. Raises InputError for
    what would end a line early, or is not a method, target or header name.
    """
    named = [(name, name.lower(), value) for name, value in request.headers]
    options = [value for _, key, value in named if key == "connection"]
    dropped = _OF_THE_CONNECTION.union(_listed(options))
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    if not any(key == "host" for _, key, _ in named):
        lines.append("Host: localhost")
    for name, key, value in named:
        if key not in dropped:
            offered = _offer(value) if key == "accept-encoding" else value
            lines.append(f"{name}: {offered}")
    if request.body or request.method in _WITH_BODY:
        lines.append(f"Content-Length: {len(request.body)}")
    _check(request)
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


def _check(request: Request) -> None:
    parts = [("method", _TOKEN, request.method), ("target", _TARGET, request.target)]
    parts += [("header name", _TOKEN, name) for name, _ in request.headers]
    for part, allowed, found in parts:
        if not allowed.fullmatch(found):
            raise InputError(
                f"a recorded request's {part} cannot be sent: {found[:80]!r}; record it again"
            )
    for name, value in request.headers:
        # What a header holds may be a credential, and is not shown.
        if not _VALUE.fullmatch(value):
            raise InputError(
                f"a recorded request's header {name} cannot be sent: it has a character that no "
                "header may have; record it again"
            )


def _listed(values: Iterable[str]) -> Iterator[str]:
    return (item.strip().lower() for value in values for item in value.split(","))


def _offer(accepted: str) -> str:
    return "gzip" if any(map(_ACCEPTS_GZIP.fullmatch, _listed([accepted]))) else "identity"


def codings_not_offered(request: Request) -> set[str]:
    """Return the codings that a client accepted and `encode` does not offer."""
    accepted = [value for name, value in request.headers if name.lower() == "accept-encoding"]
    codings = {item.partition(";")[0].strip() for item in _listed(accepted)}
    return codings - {"", "*", "identity", "gzip", "x-gzip"}


class Reader:
    """One answer, fed as its bytes arrive.

    `whole` says whether it has come to its end, `reusable` whether the connection can carry
    another request. A final answer's interim ones (1xx) are read over.
    """

    __slots__ = (
        "_body", "_headers", "_headers_done", "_limit", "_parser", "_size", "_status", "_to_head",
        "reusable", "whole",
    )  # fmt: skip

    def __init__(self, method: str, limit: int) -> None:
        self._to_head = method == "HEAD"
        self._limit = limit
        self._size = 0
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._headers_done = False
        self._body: list[bytes] = []
        self._parser = HttpResponseParser(self)
        self.whole = False
        self.reusable = False

    def feed(self, data: bytes) -> Failure:
        """Take the next bytes; say what is wrong with them.

        An answer over `limit` bytes is too large, and so is a head of more than MAX_HEAD. Bytes
        after the answer's end make the connection unusable, and leave the answer as it is.
        """
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.reusable = False
            return Failure.NONE if self.whole else Failure.MALFORMED
        if self._size > (self._limit if self._headers_done else MAX_HEAD):
            return Failure.TOO_LARGE
        return Failure.NONE

    @property
    def begun(self) -> bool:
        """Whether any byte of an answer has come."""
        return self._size > 0

    @property
    def has_body(self) -> bool:
        """Whether any byte of the answer's body has come."""
        return bool(self._body)

    def end(self) -> Failure:
        """Take the connection's end, which is how an answer without a length ends."""
        names = {name.lower() for name, _ in self._headers}
        if self._headers_done and names.isdisjoint({b"content-length", b"transfer-encoding"}):
            self.whole = True
        elif not self.whole:
            return Failure.TRUNCATED if self._size else Failure.CLOSED
        return Failure.NONE

    def response(self) -> Response:
        """Return the answer, once it is whole, as it was sent."""
        return Response(
            status=self._status,
            headers=tuple(
                [(str(name, "latin-1"), str(value, "latin-1")) for name, value in self._headers]
            ),
            body=b"".join(self._body),
        )

    # What httptools calls:

    def on_message_begin(self) -> None:
        """Note that something begins: the answer, or bytes after its end."""
        self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, but for trailers and what comes after the end."""
        if not self._headers_done:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Start over after an interim answer; one to HEAD is whole."""
        status = self._parser.get_status_code()
        if self.whole:
            return
        if status < HTTPStatus.OK:
            self._headers.clear()
            return
        self._status, self._headers_done = status, True
        if self._to_head:
            self.on_message_complete()

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        if self.whole:
            self.reusable = False
        else:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """Note the final answer's end."""
        if self._headers_done and not self.whole:
            self.whole = True
            self.reusable = self._parser.should_keep_alive()


def may_go_again(method: str, failure: Failure, reader: Reader, *, delivered: bool) -> bool:
    """Say whether a request may be sent once more, on a new connection (RFC 9112, section 9.3.1).

    A server may close a connection that it takes for idle just when the next request is on its
    way. So one that was lost without a byte of an answer goes again if its method is idempotent, or
    if the connection took nothing of it. Others may have been acted upon: they have failed.
    """
    lost = failure in {Failure.CLOSED, Failure.RESET} and not reader.begun
    return lost and (method in _IDEMPOTENT or not delivered)


def decoded(response: Response, limit: int) -> tuple[Response | None, Failure]:
    """Return an answer with its body as it was before gzip or deflate (RFC 9110, section 8.4).

    Headers stay as they were sent, and so does a body in a coding that was not offered. What is
    damaged is malformed; a body of more than `limit` bytes is too large, and never held.
    """
    values = [value for name, value in response.headers if name.lower() == "content-encoding"]
    if not values:
        return response, Failure.NONE
    codings = list(_listed(values))
    if len(codings) > _MAX_CODINGS:
        return None, Failure.MALFORMED
    body = response.body
    for coding in reversed(codings):
        if not body or coding not in {"gzip", "x-gzip", "deflate"}:
            break
        try:
            body = _deflated(body, limit) if coding == "deflate" else _inflate(body, limit, _GZIP)
        except zlib.error:
            return None, Failure.MALFORMED
        if len(body) > limit:
            return None, Failure.TOO_LARGE
    if body is response.body:
        return response, Failure.NONE
    return replace(response, body=body), Failure.NONE


def _deflated(body: bytes, limit: int) -> bytes:
    """Read deflate as it is defined, with zlib's frame, or as some servers send it, without."""
    try:
        return _inflate(body, limit, _ZLIB)
    except zlib.error:
        return _inflate(body, limit, _RAW)


def _inflate(body: bytes, limit: int, bits: int) -> bytes:
    """Return up to `limit` + 1 bytes; raises zlib.error for what is damaged or cut off."""
    plain = bytearray()
    for _ in range(_MAX_MEMBERS):
        stream = zlib.decompressobj(bits)
        plain += stream.decompress(body, limit + 1 - len(plain))
        if len(plain) <= limit and not stream.eof:
            raise zlib.error("the body ends within its compressed data")
        body = stream.unused_data
        if not body or len(plain) > limit:
            return bytes(plain)
    raise zlib.error(f"more than {_MAX_MEMBERS} parts")
