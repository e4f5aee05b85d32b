"""HTTP/1.1 messages written anew with safe framing, as a proxy passes them on.

What belongs to one connection stays there (RFC 9110, section 7.6.1); every other header keeps its
bytes, its place and its repetition.
"""

from harness.record.core.exchange import Headers
from harness.record.core.messages import End, Refused, RequestHead, ResponseHead, header_values

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
)
_NO_TRAILERS = frozenset({"content-length", "host", "transfer-encoding", "trailer"})


def request_bytes(head: RequestHead, *, host: str = "localhost") -> bytes:
    """Return a head as it goes to the service, `Host` as the client sent it.

    It goes on as HTTP/1.1, which needs a Host: `host` is for a client of HTTP/1.0 that sent none.
    """
    lines = [f"{head.method} {head.target} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in head.headers):
        lines.append(f"Host: {host}")
    return _written(lines, head.headers, chunked=head.chunked, closes=not head.keeps)


def response_bytes(head: ResponseHead, *, chunked: bool, closes: bool) -> bytes:
    """Return a head as it goes to the client, who is told if the connection closes after it."""
    lines = [f"HTTP/1.1 {head.status} {head.reason}"]
    return _written(lines, head.headers, chunked=chunked, closes=closes)


def _written(lines: list[str], headers: Headers, *, chunked: bool, closes: bool) -> bytes:
    dropped = _HOP_BY_HOP.union(header_values(headers, "connection"))
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in dropped]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    if closes:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def piece_bytes(piece: bytes, *, chunked: bool) -> bytes:
    """Return a piece of a body, as a chunk if the body is chunked."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece


def end_bytes(end: End, *, chunked: bool) -> bytes:
    """Return what ends a body: nothing, or the last chunk with the trailers that may stand."""
    if not chunked:
        return b""
    kept = [f"{n}: {v}" for n, v in end.trailers if n.lower() not in _NO_TRAILERS]
    return "\r\n".join(["0", *kept, "", ""]).encode("latin-1")


def refusal_bytes(refused: Refused) -> bytes:
    """Return the answer that says why a message was not passed on, and that the connection closes.

    `why` is told in llhttp's words or ours, which hold no byte of the message.
    """
    said = f"harness record: {refused.why}\n".encode()
    lines = [
        f"HTTP/1.1 {refused.status.value} {refused.status.phrase}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(said)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + said
