"""Arms: one service in a container that reaches nothing, and a relay beside it, the one way in.

The engine is spoken to by its SDK. Testcontainers would pull an image that is not there, join a
network by itself, log in to a registry and start a container that holds the engine's socket.
"""

import signal
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import requests
from docker import DockerClient
from docker.errors import APIError
from docker.models.containers import Container

from harness.container import control_groups
from harness.container.confinement import (
    ArmSpec,
    relay_settings,
    service_settings,
    shortfalls,
    socket_of,
)
from harness.container.core.usage import Usage, decode_usage
from harness.container.engine_line import FAILURES
from harness.container.printed import LOG_BYTES, Printed
from harness.errors import ToolError
from harness.host.files import explained
from harness.host.metered import limit_of

_RELAY_SECONDS = 20.0
_PAUSE = 0.005
_KILLED = 128 + signal.SIGKILL
_FIRST_WORDS, _LAST_WORDS = 200, 1000
_LONGEST_REASON = 400


@dataclass(slots=True, kw_only=True)
class RunningArm:
    """One arm that was started; leaving its context removes it.

    `socket` takes connections for the service; until that listens, they are closed at once.
    `started_seconds` is the monotonic clock when the engine was asked to start the service.
    `shortfalls` says what was asked for and is not so.
    """

    name: str
    socket: Path
    started_seconds: float
    shortfalls: tuple[str, ...]
    _service: Container
    _printed: Printed
    _remains: ExitStack
    _peak: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Remove the arm, its relay and its socket; nothing happens the second time.

        What was printed can still be read.

        Raises:
            ToolError: the engine cannot remove them.

        """
        self._remains.close()
        self._printed.end()

    def stats(self) -> Usage:
        """Return what the service used up to now, as the kernel counted or else the engine tells.

        Raises:
            ToolError: it runs no more, or the engine does not answer.

        """
        with engine_errors(f"the statistics of arm {self.name}"):
            self._service.reload()
            number = self._service.attrs["State"]["Pid"]
            usage = control_groups.usage(number, str(self._service.id)) or self._told()
        if usage is None:
            raise ToolError(f"arm {self.name}: {self.ended() or 'the engine has no statistics'}")
        self._peak = max(self._peak, usage.memory_peak_bytes)
        return replace(usage, memory_peak_bytes=self._peak)

    def logs(self, limit: int = LOG_BYTES) -> str:
        """Return the last `limit` bytes of what the service printed, without control characters."""
        return self._printed.tail(limit)

    def words(self) -> str:
        """Return how what the service printed begins and ends, on one line; "nothing" of none."""
        return self._printed.ends(_FIRST_WORDS, _LAST_WORDS) or "nothing"

    def ended(self) -> str:
        """Say how the service ended; "" while it runs.

        Raises:
            ToolError: the engine does not answer.

        """
        with engine_errors(f"the state of arm {self.name}"):
            return _ended(self._service)

    def _told(self) -> Usage | None:
        statistics: Any = self._service.stats(stream=False, one_shot=True)
        return decode_usage(statistics)


def start(client: DockerClient, engine: Mapping[str, Any], spec: ArmSpec) -> RunningArm:
    """Start an arm, then its relay; `engine` is what the engine says of itself (`GET /info`).

    Raises:
        ToolError: the engine refuses, the service ends at once, the relay does not listen, or the
            socket's path is too long; no value of the environment is in the message.

    """
    hidden = spec.environment.values()
    with ExitStack() as undo:
        undo.enter_context(_directory(socket_of(spec)))
        with engine_errors(f"arm {spec.name}", hidden=hidden):
            declared = client.images.get(spec.image).attrs["Config"].get("Volumes") or {}
            service = client.containers.create(spec.image, **service_settings(spec, declared))
            undo.callback(remove, service)
            printed = Printed(client, service)
            started_seconds = time.monotonic()
            service.start()
        with _service_runs(spec, service, printed), engine_errors(f"the relay of arm {spec.name}"):
            relay = client.containers.create(
                spec.relay_image, **relay_settings(spec, str(service.id), engine)
            )
            undo.callback(remove, relay)
            _start_relay(client, relay, socket_of(spec))
        return RunningArm(
            name=spec.name,
            socket=socket_of(spec),
            started_seconds=started_seconds,
            shortfalls=tuple(shortfalls(spec, engine, declared)),
            _service=service,
            _printed=printed,
            _remains=undo.pop_all(),
        )


def remove(container: Container) -> None:
    """Remove a container, running or not; one that is gone, or on its way, is no error.

    Raises:
        ToolError: the engine cannot.

    """
    with engine_errors(f"removing container {container.name}"):
        try:
            container.remove(force=True, v=True)
        except APIError as error:
            if error.status_code not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise


@contextmanager
def engine_errors(where: str, *, hidden: Collection[str] = ()) -> Iterator[None]:
    """Raise what goes wrong with the engine as ToolError, with `hidden` texts blotted out."""
    try:
        yield
    except FAILURES as error:
        said = error.explanation if isinstance(error, APIError) else limit_of(error)
        reason = _blotted(" ".join(str(said or error).split()), hidden)
        raise ToolError(f"{where}: the container engine: {reason[:_LONGEST_REASON]}") from None


def _blotted(text: str, hidden: Collection[str]) -> str:
    for value in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(value, "***")
    return text


@contextmanager
def _directory(socket: Path) -> Iterator[None]:
    """Make the socket's directory for this user alone, and remove it with the socket."""
    with explained(socket.parent):
        socket.parent.mkdir(mode=0o700)
    try:
        yield
    finally:
        with explained(socket):
            for left in [*socket.parent.iterdir()]:
                left.unlink()
            socket.parent.rmdir()


@contextmanager
def _service_runs(spec: ArmSpec, service: Container, printed: Printed) -> Iterator[None]:
    """Tell how a service ended meanwhile, whatever else went wrong because of that."""
    problem = None
    try:
        yield
    except ToolError as error:
        problem = error
        # The network of a service that is just ending cannot be joined any more.
        with suppress(requests.RequestException):
            service.wait(timeout=1)
    with engine_errors(f"the state of arm {spec.name}"):
        ended = _ended(service)
    if ended:
        printed.end()
        words = _blotted(printed.ends(_FIRST_WORDS, _LAST_WORDS), spec.environment.values())
        raise ToolError(f"arm {spec.name}: {ended}: {words or 'it printed nothing'}") from None
    if problem:
        raise problem


def _start_relay(client: DockerClient, relay: Container, socket: Path) -> None:
    printed = Printed(client, relay)
    relay.start()
    deadline = time.monotonic() + _RELAY_SECONDS
    while not socket.exists():
        ended = _ended(relay)
        if ended or time.monotonic() > deadline:
            printed.end()
            words = printed.ends(_FIRST_WORDS, _LAST_WORDS)
            raise ToolError(f"{socket}: the relay does not listen; it {ended or 'runs'}: {words}")
        time.sleep(_PAUSE)


def _ended(container: Container) -> str:
    container.reload()
    state = container.attrs["State"]
    if state["Running"]:
        return ""
    # Not every engine is told by its kernel why a process was killed.
    killed = ", out of memory" if state["OOMKilled"] else ", killed as for want of memory"
    return f"ended with status {state['ExitCode']}{killed if state['ExitCode'] == _KILLED else ''}"
