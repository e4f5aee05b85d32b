"""Facts about the relay, as a process between a unix socket and servers on the loopback address."""

import contextlib
import hashlib
import os
import random
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.build.toolchain import compiled_derivation, relay
from harness.host.processors import current_system
from harness.store import builds, nix

pytestmark = pytest.mark.nix

PATIENCE = 30
CONNECTIONS = 256  # as relay.c says
KEPT_BY_KERNEL = 32 * 2**20  # more than both sockets' buffers
MEMORY = 24 * 2**20
Serve = Callable[[socket.socket], None]


class Relayed:
    """A relay to a server on the loopback address with a thread a connection."""

    def __init__(self, directory: Path, serve: Serve | None) -> None:
        self.path = directory / "socket"
        self.accepted = 0
        self._serve = serve
        self._server = socket.create_server(("127.0.0.1", 0), backlog=2 * CONNECTIONS)
        port = self._server.getsockname()[1]
        if serve is None:
            self._server.close()
        else:
            threading.Thread(target=self._accept, daemon=True).start()
        program = relay(current_system())
        self.process = subprocess.Popen([program, str(port), self.path])
        await_true(self.path.exists)

    def close(self) -> None:
        """End the relay and the server."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def line(self) -> socket.socket:
        """Return a new connection."""
        line = socket.socket(socket.AF_UNIX)
        # Without a time limit, it waits where the queue of connections is full.
        line.connect(os.fspath(self.path))
        line.settimeout(PATIENCE)
        return line

    def memory(self) -> int:
        """Return the bytes of memory that the relay has touched."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        assert self._serve is not None
        with line, contextlib.suppress(OSError):
            line.settimeout(PATIENCE)
            self._serve(line)


@contextlib.contextmanager
def relayed(directory: Path, serve: Serve | None) -> Iterator[Relayed]:
    between = Relayed(directory, serve)
    try:
        yield between
    finally:
        between.close()


def await_true(holds: Callable[[], object]) -> None:
    """Wait until something holds, for a while."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)


def echo(line: socket.socket) -> None:
    """Send back what comes, and after its end what it was."""
    digest = hashlib.sha256()
    while data := line.recv(65536):
        digest.update(data)
        line.sendall(data)
    line.sendall(digest.digest())


def rest(line: socket.socket, size: int = 65536) -> bytes:
    """Return all that comes until the end."""
    received = bytearray()
    while data := line.recv(size):
        received += data
    return bytes(received)


@pytest.fixture(scope="module")
def echoing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    with relayed(tmp_path_factory.mktemp("relay"), echo) as between:
        yield between


def sent_back(between: Relayed, data: bytes, read_size: int) -> bytes:
    """Send data and an end while reading what comes back."""

    def send() -> None:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)

    with between.line() as line:
        sender = threading.Thread(target=send)
        sender.start()
        received = rest(line, read_size)
        sender.join()
    return received


@given(
    size=st.one_of(
        st.integers(0, 100),
        st.integers(32_700, 32_900),
        st.integers(65_000, 66_000),
        st.integers(0, 3_000_000),
    ),
    read_size=st.integers(500, 200_000),
    seed=st.integers(),
)
@settings(max_examples=40)
def test_every_byte_and_both_ends_pass_in_order(
    echoing: Relayed, size: int, read_size: int, seed: int
) -> None:
    data = random.Random(seed).randbytes(size)  # noqa: S311 - no secret
    assert sent_back(echoing, data, read_size) == data + hashlib.sha256(data).digest()


def test_a_connection_serves_many_requests(echoing: Relayed) -> None:
    with echoing.line() as line:
        for number in range(1000):
            line.sendall(f"{number:08}".encode())
            assert line.recv(100) == f"{number:08}".encode()


def test_more_connections_than_there_is_room_for_wait_their_turn(echoing: Relayed) -> None:
    lines = [echoing.line() for _ in range(CONNECTIONS + 40)]
    for line in lines:
        line.sendall(b"here")
    late = lines[CONNECTIONS:]
    for line in lines[:CONNECTIONS]:
        assert line.recv(10) == b"here"
        line.close()
    for line in late:
        assert line.recv(10) == b"here"
        line.close()


def test_what_nobody_reads_stops_the_sender_and_not_the_others(tmp_path: Path) -> None:
    """Back pressure: the relay holds no more than its buffers."""
    goes_on = threading.Event()

    def read_later(line: socket.socket) -> None:
        if line.recv(1) == b"w":
            goes_on.wait(PATIENCE)
        line.sendall(str(1 + len(rest(line))).encode())

    with relayed(tmp_path, read_later) as between, between.line() as stuck, between.line() as other:
        stuck.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent <= KEPT_BY_KERNEL:
                sent += stuck.send(b"w" * 65536)
                time.sleep(0.001)
        assert sent <= KEPT_BY_KERNEL
        other.sendall(b"other")
        other.shutdown(socket.SHUT_WR)
        assert rest(other) == b"5"
        assert between.memory() <= MEMORY
        goes_on.set()
        stuck.settimeout(PATIENCE)
        stuck.shutdown(socket.SHUT_WR)
        assert rest(stuck) == str(sent).encode()


def test_where_nothing_listens_connections_end_at_once(tmp_path: Path) -> None:
    with relayed(tmp_path, None) as between:
        for _ in range(3):
            with between.line() as line:
                assert rest(line) == b""


def test_a_service_that_ends_or_breaks_off_is_seen_to_and_the_next_is_served(
    tmp_path: Path,
) -> None:
    def break_off(line: socket.socket) -> None:
        if line.recv(1) == b"r":
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
        else:
            line.sendall(b"half")

    with relayed(tmp_path, break_off) as between:
        for first, answer in ((b"r", b""), (b"x", b"half"), (b"r", b""), (b"x", b"half")):
            with between.line() as line:
                line.sendall(first)
                assert rest(line) == answer


def test_a_client_that_leaves_is_seen_by_the_service(tmp_path: Path) -> None:
    ended = threading.Event()

    def wait_for_end(line: socket.socket) -> None:
        while line.recv(100):
            pass
        ended.set()

    with relayed(tmp_path, wait_for_end) as between:
        with between.line() as line:
            line.sendall(b"hello")
            await_true(lambda: between.accepted)
            assert not ended.is_set()
        assert ended.wait(PATIENCE)


def test_connections_that_ended_leave_nothing_open(echoing: Relayed) -> None:
    descriptors = Path(f"/proc/{echoing.process.pid}/fd")
    await_true(lambda: len(list(descriptors.iterdir())) <= 5)
    for _ in range(50):
        sent_back(echoing, b"x", 100)
    await_true(lambda: len(list(descriptors.iterdir())) <= 5)


def test_the_socket_is_for_its_owner_alone(echoing: Relayed) -> None:
    assert stat.filemode(echoing.path.stat().st_mode) == "srw-------"
    assert os.listdir(echoing.path.parent) == ["socket"]


@pytest.mark.parametrize(
    "arguments", [[], ["80"], ["0", "s"], ["65536", "s"], ["-1", "s"], ["x", "s"], ["80", "s", "s"]]
)
def test_other_arguments_are_refused(arguments: list[str], tmp_path: Path) -> None:
    refused = subprocess.run(
        [relay(current_system()), *arguments], cwd=tmp_path, capture_output=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (2, b"usage: relay PORT SOCKET\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["none/socket", "s" * 120])
def test_a_socket_that_cannot_be_is_named(path: str, tmp_path: Path) -> None:
    refused = subprocess.run(
        [relay(current_system()), "80", path], cwd=tmp_path, capture_output=True, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"relay: {path}: ".encode())


def test_it_is_built_to_the_same_bytes_again() -> None:
    relay(current_system())
    derivation = compiled_derivation("relay", current_system())
    rebuilt = builds.rebuild(derivation, nix.outputs([derivation]))
    assert rebuilt.status == 0, rebuilt.said
    assert not rebuilt.differs
