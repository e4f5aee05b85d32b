"""HTTP/1.1 messages on their way through a proxy, read as events.

Nothing here waits or connects (RFC 9112 is the format's source; llhttp reads it strictly). What
belongs to one connection stays there (RFC 9110, section 7.6.1); every other header keeps its bytes,
its place and its repetition. A message whose framing could be read in two ways is refused, and so
is one that goes on without an end: at most MAX_HEAD bytes are held before they become an event.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from httptools import (
    HttpParserError,
    HttpParserUpgrade,
    HttpRequestParser,
    HttpResponseParser,
)

from harness.record.core.exchange import Headers
from harness.record.core.wire import MAX_HEAD

_NEVER_LISTED = frozenset({"content-length", "host"})
_IGNORED_UPGRADES = frozenset({"h2c"})
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """A request line and headers; `keeps` says whether the client keeps the connection open."""

    method: str
    target: str
    headers: Headers
    chunked: bool
    keeps: bool
    old: bool
    """Whether the client speaks HTTP/1.0, and so reads no chunks and no interim answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """A status line and headers; `keeps` says whether the service keeps the connection open."""

    status: int
    reason: str
    headers: Headers
    chunked: bool
    keeps: bool

    @property
    def interim(self) -> bool:
        """Whether another answer follows, which is the final one."""
        return self.status < HTTPStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A message is whole; `trailers` came after a chunked body."""

    trailers: Headers = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A message that is not passed on: the status that says so, and why."""

    status: HTTPStatus
    why: str


Event = RequestHead | ResponseHead | bytes | End | Refused
"""What a message is made of, in order: a head, pieces of a body, an end; or a refusal, the last."""


class _Messages:
    """What reading requests and answers has in common; its methods are what httptools calls."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._pieces: list[bytes] = []
        self._fields: list[tuple[str, str]] = []
        self._line = b""
        self._held = 0
        self._refused = False

    def _fed(self, data: bytes, feed: Callable[[bytes], None], status: HTTPStatus) -> list[Event]:
        """Return the events of these bytes; a message that they spoil leaves none but a refusal."""
        events: list[Event] = []
        self._events = events
        self._held += len(data)
        why = ""
        try:
            feed(data)
        except HttpParserError as error:
            why = str(error)
        self._flush()
        if self._held > MAX_HEAD:
            why = why or f"more than {MAX_HEAD} bytes that are no part of a body"
        if why:
            while events and not isinstance(events[-1], End | Refused):
                del events[-1]
            self._refuse(status, why)
        return events

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """End with a refusal, once: whatever follows it is not read."""
        if not self._refused:
            self._refused = True
            self._events.append(Refused(status=status, why=why))

    def _flush(self) -> None:
        if self._pieces and not self._refused:
            self._held = 0
            self._events.append(b"".join(self._pieces))
        self._pieces = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header or a trailer."""
        self._fields.append((str(name, "latin-1"), str(value, "latin-1")))

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        self._pieces.append(data)

    def _headers(self) -> Headers:
        """Return the fields since the message's start or its body."""
        fields, self._fields, self._held = tuple(self._fields), [], 0
        return fields

    def _end(self) -> None:
        self._flush()
        self._events.append(End(trailers=self._headers()))


class Requests(_Messages):
    """The requests of a client's connection, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._parser = HttpRequestParser(self)
        self._head: RequestHead | None = None
        self._resumed = False

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; after a refusal there is nothing more to be fed."""
        return self._fed(data, self._feed, HTTPStatus.BAD_REQUEST)

    def _feed(self, data: bytes) -> None:
        while data and not self._refused:
            try:
                self._parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._resume()
            else:
                return

    def _resume(self) -> None:
        """Read on after a head whose upgrade is ignored; llhttp left its body to who upgrades."""
        if self._head and not self._refused:
            self._parser, self._resumed = HttpRequestParser(self), True
            self._parser.feed_data(_framing_bytes(self._head))

    # What httptools calls:

    def on_message_begin(self) -> None:
        """Start a request."""
        self._line = b""

    def on_url(self, part: bytes) -> None:
        """Keep a part of the target."""
        self._line += part

    def on_headers_complete(self) -> None:
        """Make the head, or a refusal."""
        if self._refused:
            return
        headers = self._headers()
        if self._resumed:
            return
        old = self._parser.get_http_version() == "1.0"
        head = RequestHead(
            method=str(self._parser.get_method(), "latin-1"),
            target=str(self._line, "latin-1"),
            headers=headers,
            chunked=bool(header_values(headers, "transfer-encoding")),
            keeps=self._parser.should_keep_alive() and not old,
            old=old,
        )
        refused = _refusal(head)
        if refused:
            self._refuse(*refused)
        else:
            self._head = head
            self._events.append(head)

    def on_message_complete(self) -> None:
        """End a request, unless its body is still to be read."""
        if not self._refused and not self._parser.should_upgrade():
            self._resumed = False
            self._end()


class Answer(_Messages):
    """The answer to one request, interim answers (1xx) before it included."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self._to_head = method == "HEAD"
        self._parser = HttpResponseParser(self)
        self._final: ResponseHead | None = None
        self._whole = False
        self.reusable = False
        """Whether the connection can carry another request, once the answer is whole."""

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; bytes after the end make the connection unusable."""
        if self._whole:
            self.reusable = False
            return []
        events = self._fed(data, self._feed, HTTPStatus.BAD_GATEWAY)
        if events and isinstance(events[-1], Refused) and isinstance(events[-2:][0], End):
            self.reusable = False
            del events[-1]
        return events

    def _feed(self, data: bytes) -> None:
        with suppress(HttpParserUpgrade):  # of an answer that was refused by its status
            self._parser.feed_data(data)

    def end(self) -> list[Event]:
        """Take the connection's end, which is how an answer without a length ends."""
        self._events = []
        self.reusable = False
        if self._final and not self._final.chunked and not _length(self._final.headers):
            self._end()
        else:
            self._refuse(
                HTTPStatus.BAD_GATEWAY, "the service closed the connection before its answer's end"
            )
        return self._events

    # What httptools calls:

    def on_message_begin(self) -> None:
        """Start an answer, or note bytes after its end."""
        self._line = b""
        self.reusable = False

    def on_status(self, part: bytes) -> None:
        """Keep a part of the reason."""
        self._line += part

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        if not self._whole:
            super().on_body(data)

    def on_headers_complete(self) -> None:
        """Make the head; some answers end with it."""
        headers = self._headers()
        if self._whole or self._refused:
            return
        status, codings = (
            self._parser.get_status_code(),
            header_values(headers, "transfer-encoding"),
        )
        if status == HTTPStatus.SWITCHING_PROTOCOLS:
            self._refuse(HTTPStatus.BAD_GATEWAY, "the service upgrades, which nobody asked for")
        elif codings not in ([], ["chunked"]):
            self._refuse(HTTPStatus.BAD_GATEWAY, "the service's transfer coding is not chunked")
        else:
            self._begin(status, headers, chunked=bool(codings))

    def _begin(self, status: int, headers: Headers, *, chunked: bool) -> None:
        bodiless = self._to_head or status in _BODILESS
        head = ResponseHead(
            status=status,
            reason=str(self._line, "latin-1"),
            headers=headers,
            chunked=chunked and not bodiless,
            keeps=self._keeps(headers),
        )
        self._events.append(head)
        if not head.interim:
            self._final = head
            if bodiless:
                self._complete()

    def _keeps(self, headers: Headers) -> bool:
        """Say whether the connection stays open; llhttp takes an answer to HEAD for one to GET."""
        if self._to_head and self._parser.get_http_version() == "1.1":
            return "close" not in header_values(headers, "connection")
        return self._parser.should_keep_alive()

    def on_message_complete(self) -> None:
        """End the final answer."""
        if self._final and not self._whole and not self._refused:
            self._complete()

    def _complete(self) -> None:
        self._end()
        self._whole = True
        self.reusable = self._final is not None and self._final.keeps


def _refusal(head: RequestHead) -> tuple[HTTPStatus, str] | None:
    """Say why a request that llhttp could read is still not passed on, if so.

    Sources: RFC 9112, sections 3.2 (Host, forms of the target) and 6.1 (transfer codings); RFC
    9110, sections 7.6.1 (what `Connection` may name) and 7.8 (upgrades may be ignored).
    """
    upgrades = set(header_values(head.headers, "upgrade"))
    codings = header_values(head.headers, "transfer-encoding")
    hosts = [name for name, _ in head.headers if name.lower() == "host"]
    listed = _NEVER_LISTED.intersection(header_values(head.headers, "connection"))
    bad, unknown = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_IMPLEMENTED
    elsewhere = not head.target.startswith("/") and head.target != "*"
    rules = (
        (head.method == "CONNECT", unknown, "tunnels are not passed on"),
        (
            upgrades - _IGNORED_UPGRADES,
            unknown,
            "upgrades (WebSocket and others) are not passed on",
        ),
        (codings not in ([], ["chunked"]), unknown, "a transfer coding other than chunked"),
        (codings and head.old, bad, "HTTP/1.0 has no Transfer-Encoding"),
        (len(hosts) > 1 or not (hosts or head.old), bad, "no Host, or more than one"),
        (listed, bad, "Connection names Host or Content-Length"),
        (elsewhere, bad, "the target is not a path, and this is not a forward proxy"),
    )
    return next(((status, why) for broken, status, why in rules if broken), None)


def header_values(headers: Headers, wanted: str) -> list[str]:
    """Return the comma-separated values of a header, in lower case."""
    return [
        item.strip().lower()
        for name, value in headers
        if name.lower() == wanted
        for item in value.split(",")
    ]


def _length(headers: Headers) -> list[str]:
    return header_values(headers, "content-length")


def _framing_bytes(head: RequestHead) -> bytes:
    """Return a head with nothing in it but what says where its body ends."""
    framing = {"content-length", "transfer-encoding"}
    kept = [f"{name}: {value}" for name, value in head.headers if name.lower() in framing]
    kept += [] if head.keeps else ["Connection: close"]
    return "\r\n".join(["POST / HTTP/1.1", *kept, "", ""]).encode("latin-1")
