"""Things outside that behave, also badly: a web server on loopback with a script of faults."""

import gzip
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Exchange:
    """One request in the hands of an answer."""

    handler: BaseHTTPRequestHandler
    body: bytes
    released: threading.Event

    @property
    def offset(self) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", self.handler.headers.get("Range", ""))
        return int(match[1]) if match else 0

    def wait(self) -> None:
        """Answer nothing while the server lives."""
        self.released.wait()

    def send(self, status: int, headers: Mapping[str, str | int], body: bytes = b"") -> None:
        self.handler.send_response(status)
        kind = "text/html" if self.handler.path.endswith("/") else "application/octet-stream"
        for name, value in {"Connection": "close", "Content-Type": kind, **headers}.items():
            self.handler.send_header(name, str(value))
        self.handler.end_headers()
        self.handler.wfile.write(body)


Answer = Callable[[Exchange], None]


Headers = dict[str, str | int]


def well(exchange: Exchange) -> None:
    """Answer as a good server does, ranges included."""
    headers: Headers
    size, offset = len(exchange.body), exchange.offset
    if not offset:
        return exchange.send(HTTPStatus.OK, {"Content-Length": size}, exchange.body)
    if offset >= size:
        headers = {"Content-Range": f"bytes */{size}", "Content-Length": 0}
        return exchange.send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
    headers = {
        "Content-Range": f"bytes {offset}-{size - 1}/{size}",
        "Content-Length": size - offset,
    }
    return exchange.send(HTTPStatus.PARTIAL_CONTENT, headers, exchange.body[offset:])


def ignoring_range(exchange: Exchange) -> None:
    exchange.send(HTTPStatus.OK, {"Content-Length": len(exchange.body)}, exchange.body)


def another_range(exchange: Exchange) -> None:
    size = len(exchange.body)
    headers: Headers = {"Content-Range": f"bytes 0-{size - 1}/{size}", "Content-Length": size}
    exchange.send(HTTPStatus.PARTIAL_CONTENT, headers, exchange.body)


def without_length(exchange: Exchange) -> None:
    exchange.send(HTTPStatus.OK, {}, exchange.body)


def refusing_range(exchange: Exchange) -> None:
    exchange.send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {"Content-Length": 0})


def gzipped(exchange: Exchange) -> None:
    packed = gzip.compress(exchange.body)
    headers: Headers = {"Content-Encoding": "gzip", "Content-Length": len(packed)}
    exchange.send(HTTPStatus.OK, headers, packed)


def status(code: int, **headers: str) -> Answer:
    """Answer with a bare status; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.send(code, {**named, "Content-Length": 0})


def body(content: bytes) -> Answer:
    """Answer with another file."""
    return lambda exchange: exchange.send(HTTPStatus.OK, {"Content-Length": len(content)}, content)


def cut(after: int) -> Answer:
    """Promise the rest of the file and close the connection after some bytes of it."""

    def answer(exchange: Exchange) -> None:
        rest, size = exchange.body[exchange.offset :], len(exchange.body)
        headers: Headers = {"Content-Length": len(rest)}
        if exchange.offset:
            headers["Content-Range"] = f"bytes {exchange.offset}-{size - 1}/{size}"
        code = HTTPStatus.PARTIAL_CONTENT if exchange.offset else HTTPStatus.OK
        exchange.send(code, headers, rest[:after])

    return answer


def stalled(after: int) -> Answer:
    """Send some bytes, then nothing while the server lives."""

    def answer(exchange: Exchange) -> None:
        cut(after)(exchange)
        exchange.released.wait()

    return answer


def dripping(exchange: Exchange) -> None:
    """Send one byte after the other, slowly, while the server lives."""
    exchange.send(HTTPStatus.OK, {"Content-Length": len(exchange.body)})
    for byte in exchange.body:
        if exchange.released.wait(0.005):
            return
        exchange.handler.wfile.write(bytes([byte]))


def endless(first: bytes, then: bytes, pause: float = 0.0) -> Answer:
    """Write the first bytes and then the others again and again while the server lives."""

    def answer(exchange: Exchange) -> None:
        exchange.handler.close_connection = True
        exchange.handler.wfile.write(first)
        while not exchange.released.wait(pause):
            exchange.handler.wfile.write(then)

    return answer


@dataclass
class Server:
    """Serves `files` by path; `script` has the answers to a path's first requests.

    `seen` holds (path, headers) of every request in order.
    """

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    script: dict[str, list[Answer]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str, credentials: str = "") -> str:
        return f"http://{credentials}{self.address}{path}"

    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.seen]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.seen.append((handler.path, dict(handler.headers.items())))
        path = re.sub(r"^http://[^/]*", "", handler.path).partition("?")[0]
        script = self.script.get(path)
        content = self.files.get(path)
        chosen = script.pop(0) if script else status(404) if content is None else well
        try:
            chosen(Exchange(handler=handler, body=content or b"", released=self.released))
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = False
        server = Server(address=f"127.0.0.1:{listening.server_address[1]}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            listening.shutdown()
            thread.join()
