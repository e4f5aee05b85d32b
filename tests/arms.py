"""Arms: HTTP servers on unix sockets, or on loopback, whose connections do what a test says."""

import contextlib
import http.client
import io
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

Behaviour = Callable[[socket.socket, "Arm"], None]


class Arm:
    """A server with a thread a connection, which `behaviour` serves to its end.

    `requests` are what arrived, head and body, in order; `connections` how many were opened, and
    `closed` and `resets` how many the server ended, and ended that way.
    """

    def __init__(self, path: Path | None, behaviour: Behaviour) -> None:
        self.path = path or Path()
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self.closed = 0
        self.resets = 0
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self._behaviour = behaviour
        self._listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._listener.bind(str(path) if path else ("127.0.0.1", 0))
        self._listener.listen(256)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """The port of an arm without a path."""
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        """Stop listening, end every connection, and wait for the threads."""
        self.ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def received(self, line: socket.socket) -> str:
        """Return the next request's head; "" at the connection's end. Its body is kept as well."""
        line.settimeout(0.05)
        data = b""
        while b"\r\n\r\n" not in data:
            more = self._more(line)
            if not more:
                return ""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        fields = http.client.parse_headers(io.BytesIO(head.partition(b"\r\n")[2] + b"\r\n\r\n"))
        while len(body) < int(fields.get("Content-Length", "0")):
            body += self._more(line)
        with self.lock:
            self.requests.append((head.decode("latin-1"), body))
        return head.decode("latin-1")

    def _more(self, line: socket.socket) -> bytes:
        while not self.ending.is_set():
            with contextlib.suppress(TimeoutError):
                return line.recv(65536)
        return b""

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            self._behaviour(line, self)
        self.closed += 1


@contextlib.contextmanager
def serving(*behaviours: Behaviour) -> Iterator[list[Arm]]:
    """Serve each behaviour on a socket of its own, in a directory whose name is short enough."""
    directory = tempfile.mkdtemp(prefix="arms")
    arms: list[Arm] = []
    try:
        for number, behaviour in enumerate(behaviours):
            arms.append(Arm(Path(directory) / str(number), behaviour))
        yield arms
    finally:
        for arm in arms:
            arm.close()
        shutil.rmtree(directory)


@contextlib.contextmanager
def serving_loopback(behaviour: Behaviour) -> Iterator[Arm]:
    """Serve a behaviour on a free port of loopback."""
    arm = Arm(None, behaviour)
    try:
        yield arm
    finally:
        arm.close()


def answer(body: bytes = b"ok", *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer's bytes."""
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def saying(*answers: bytes) -> Behaviour:
    """Answer the arm's requests with these bytes in turn, and with the last ever after."""

    def behave(line: socket.socket, arm: Arm) -> None:
        while arm.received(line):
            line.sendall(answers[min(len(arm.requests), len(answers)) - 1])

    return behave


def closing(*pieces: bytes) -> Behaviour:
    """Answer one request a connection with these pieces, a moment between them, and close."""

    def behave(line: socket.socket, arm: Arm) -> None:
        if arm.received(line):
            for piece in pieces:
                line.sendall(piece)
                arm.ending.wait(0.01)

    return behave


def closing_under(line: socket.socket, arm: Arm) -> None:
    """Answer a connection's first request, and close when the second arrives."""
    if arm.received(line):
        line.sendall(answer())
        arm.received(line)


def taking_nothing(line: socket.socket, arm: Arm) -> None:
    """Answer a connection's first request, take no byte of another, and close a moment later."""
    if arm.received(line):
        line.shutdown(socket.SHUT_RD)
        line.sendall(answer())
        arm.ending.wait(0.5)


def dripping(line: socket.socket, arm: Arm) -> None:
    """Answer one byte after the other, without end."""
    arm.received(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nA: ")
    while not arm.ending.wait(0.01):
        line.sendall(b"a")


def silent(line: socket.socket, arm: Arm) -> None:
    """Read one request a connection and never answer it."""
    arm.received(line)
    arm.ending.wait()


def deaf(_: socket.socket, arm: Arm) -> None:
    """Accept connections and read nothing."""
    arm.ending.wait()


def resetting(line: socket.socket, arm: Arm) -> None:
    """Close with a part of the request unread, which resets a unix socket."""
    line.recv(1)
    with arm.lock:
        arm.resets += 1


def echoing(line: socket.socket, arm: Arm) -> None:
    """Answer each request with its body."""
    while arm.received(line):
        line.sendall(answer(arm.requests[-1][1]))
