"""Arms: one service in a container that reaches nothing, and a relay beside it, the one way in."""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests
from docker import DockerClient
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
from harness.container.engine_errors import blotted, engine_errors
from harness.container.printed import LOG_BYTES, Printed
from harness.container.unsettled import unsettled
from harness.errors import ToolError
from harness.host.files import explained

if TYPE_CHECKING:
    from harness.container.confined import Confined

_RELAY_SECONDS = 20.0
_PAUSE = 0.005
_KILLED = 128 + signal.SIGKILL
_FIRST_WORDS, _LAST_WORDS = 200, 1000


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
            service = _confined(client, spec.image, service_settings(spec, declared))
            undo.enter_context(service)
        container = service.get_wrapped_container()
        with (
            _service_runs(spec, container, service.here.printed),
            engine_errors(f"the relay of arm {spec.name}"),
        ):
            settings = relay_settings(spec, str(container.id), engine)
            relay = undo.enter_context(_confined(client, spec.relay_image, settings))
            _await_relay(relay.get_wrapped_container(), relay.here.printed, socket_of(spec))
        return RunningArm(
            name=spec.name,
            socket=socket_of(spec),
            started_seconds=service.here.started_seconds,
            shortfalls=tuple(shortfalls(spec, engine, declared)),
            _service=container,
            _printed=service.here.printed,
            _remains=undo.pop_all(),
        )


def _confined(client: DockerClient, image: str, settings: Mapping[str, Any]) -> "Confined":
    with unsettled():
        from harness.container.confined import Confined  # noqa: PLC0415 - slow, and only arms need it

        return Confined(client, image, settings)


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
        words = blotted(printed.ends(_FIRST_WORDS, _LAST_WORDS), spec.environment.values())
        raise ToolError(f"arm {spec.name}: {ended}: {words or 'it printed nothing'}") from None
    if problem:
        raise problem


def _await_relay(relay: Container, printed: Printed, socket: Path) -> None:
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
