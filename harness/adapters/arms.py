"""Arms: one service in a container that reaches nothing, and the one way in.

The service's container has no network but its own loopback, no file of the host, no capability, and
a root it cannot write to. Beside it runs a relay in the same network namespace, which passes
connections from a unix socket in the run's directory to the service's port. What a service prints
is read while it runs and kept in this process's memory: the engine writes none of it down.

The engine is spoken to by its SDK. Testcontainers would pull an image that is not there, join a
network by itself, log in to a registry and start a container that holds the engine's socket.
"""

import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import requests
from docker import DockerClient
from docker.errors import APIError, DockerException
from docker.models.containers import Container
from docker.types import LogConfig, Mount, Ulimit
from urllib3.exceptions import HTTPError

from harness.adapters import control_groups
from harness.adapters.files import explained
from harness.adapters.owner import own_name
from harness.core.usage import Usage, decode_usage
from harness.errors import ToolError

OWNER, RUN = "harness.owner", "harness.run"
"""Labels of every container of ours: the process that removes it, and the run it belongs to."""

LOG_BYTES = 2**18
"""How much of the end of what an arm printed is kept."""

_RELAY_MEMORY = 48 * 2**20
_RELAY_PROCESSES = 2
_RELAY_SECONDS = 20.0
_PAUSE = 0.005
_READER_SECONDS = 5.0
_LONGEST_SOCKET = 107
_HOST_NAME = "arm"
_MOUNT = "/run/arm"
_SOCKET = "socket"
_LONGEST_REASON = 400
_FRAME_HEADER, _FRAME_LENGTH = 8, slice(4, 8)
_NOT_SHOWN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSpec:
    """What to start: a service that listens on `port` of 127.0.0.1 in its container.

    `image` and `relay_image` are image ids. `directory` is the run's; the socket's own directory is
    made in it, by the arm's name. `command`, `user`: the image's own when None; `environment` is
    added to the image's. `cpus` are numbers of CPUs to stay on; `tmpfs` are directories the service
    may write to, kept in memory and counted as such.
    """

    name: str
    image: str
    relay_image: str
    port: int
    run: str
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_bytes: int
    pids: int
    command: tuple[str, ...] | None = None
    cpus: tuple[int, ...] | None = None
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108 - in the container
    user: str | None = None


class RunningArm:
    """One arm that was started; leaving its context removes it.

    `socket` takes connections for the service; until that listens, they are closed at once.
    `started_seconds` is the monotonic clock when the engine was asked to start the service.
    `shortfalls` says what was asked for and is not so.
    """

    def __init__(
        self,
        spec: ArmSpec,
        service: Container,
        printed: "_Printed",
        *,
        shortfalls: tuple[str, ...],
        remains: ExitStack,
    ) -> None:
        self.name = spec.name
        self.socket = _socket(spec)
        self.shortfalls = shortfalls
        self._service = service
        self._remains = remains
        self._peak = 0
        self._printed = printed
        self.started_seconds = time.monotonic()
        service.start()

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
        """Return what the service used up to now.

        Raises:
            ToolError: it runs no more, or the engine does not answer.

        """
        with engine_errors(f"the statistics of arm {self.name}"):
            self._service.reload()
            usage = control_groups.usage(self._service.attrs["State"]["Pid"]) or self._told()
        if usage is None:
            raise ToolError(f"arm {self.name}: {self.ended() or 'the engine has no statistics'}")
        self._peak = max(self._peak, usage.memory_peak_bytes)
        return replace(usage, memory_peak_bytes=self._peak)

    def _told(self) -> Usage | None:
        statistics: Any = self._service.stats(stream=False, one_shot=True)
        return decode_usage(statistics)

    def logs(self, limit: int = LOG_BYTES) -> str:
        """Return the last `limit` bytes of what the service printed, without control characters."""
        return self._printed.tail(limit)

    def ended(self) -> str:
        """Say how the service ended; "" while it runs.

        Raises:
            ToolError: the engine does not answer.

        """
        with engine_errors(f"the state of arm {self.name}"):
            return _ended(self._service)


def start(client: DockerClient, engine: Mapping[str, Any], spec: ArmSpec) -> RunningArm:
    """Start an arm, then its relay; `engine` is what the engine says of itself (`GET /info`).

    Raises:
        ToolError: the engine refuses, the relay does not listen, or the socket's path is too long;
            no value of the environment is in the message.

    """
    with ExitStack() as undo:
        undo.enter_context(_directory(_socket(spec)))
        with engine_errors(f"arm {spec.name}", hidden=spec.environment.values()):
            declared = client.images.get(spec.image).attrs["Config"].get("Volumes") or {}
            service = client.containers.create(spec.image, **_confined_service(spec, declared))
            undo.callback(remove, service)
            remains = ExitStack()
            arm = RunningArm(
                spec,
                service,
                _Printed(client, service),
                shortfalls=tuple(_shortfalls(spec, engine)),
                remains=remains,
            )
            relay = client.containers.create(
                spec.relay_image, **_confined_relay(spec, service, engine)
            )
            undo.callback(remove, relay)
            said = _Printed(client, relay)
            relay.start()
            _await_listening(arm.socket, relay, said)
        remains.push(undo.pop_all())
    return arm


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
    except (DockerException, requests.RequestException) as error:
        said = error.explanation if isinstance(error, APIError) else str(error)
        reason = " ".join(str(said or error).split())
        for value in sorted(filter(None, hidden), key=len, reverse=True):
            reason = reason.replace(value, "***")
        raise ToolError(f"{where}: the container engine: {reason[:_LONGEST_REASON]}") from None


def _confined_service(spec: ArmSpec, declared: Collection[str]) -> dict[str, Any]:
    """Return the settings of the service's container.

    Directories that the image declares as volumes would be on the host's disk; they are in memory.
    """
    writable = dict.fromkeys([*spec.tmpfs, *declared], f"rw,size={spec.memory_bytes},mode=1777")
    return {
        **_confined(spec, memory=spec.memory_bytes, processes=spec.pids),
        "name": f"harness-{spec.run}-{spec.name}",
        "network_mode": "none",
        "hostname": _HOST_NAME,
        "command": None if spec.command is None else list(spec.command),
        "environment": dict(spec.environment),
        "user": spec.user,
        "tmpfs": writable,
        "cpuset_cpus": ",".join(map(str, spec.cpus or ())) or None,
    }


def _confined_relay(spec: ArmSpec, service: Container, engine: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the relay's container: the arm's network, and the socket's directory.

    The socket is owned by whom it is for. In an engine without root that user is its root.
    """
    rootless = "name=rootless" in engine.get("SecurityOptions", [])
    return {
        **_confined(spec, memory=_RELAY_MEMORY, processes=_RELAY_PROCESSES),
        "name": f"harness-{spec.run}-{spec.name}-relay",
        "network_mode": f"container:{service.id}",
        "command": [str(spec.port), f"{_MOUNT}/{_SOCKET}"],
        "user": "0:0" if rootless else f"{os.getuid()}:{os.getgid()}",
        "mounts": [Mount(_MOUNT, str(_socket(spec).parent.absolute()), type="bind")],
    }


def _confined(spec: ArmSpec, *, memory: int, processes: int) -> dict[str, Any]:
    """Return what both containers have: limits, no swap, and nothing on the host's disk."""
    return {
        "labels": {OWNER: own_name(), RUN: spec.run},
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "ipc_mode": "private",
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": processes,
        "ulimits": [Ulimit(name="core", soft=0, hard=0)],
        "healthcheck": {"test": ["NONE"]},
        "log_config": LogConfig(type=LogConfig.types.NONE),
        "use_config_proxy": False,
    }


def _shortfalls(spec: ArmSpec, engine: Mapping[str, Any]) -> Iterator[str]:
    limits = {"MemoryLimit": "memory", "SwapLimit": "swap", "PidsLimit": "the number of processes"}
    for name, limited in limits.items():
        if not engine.get(name):
            yield f"the engine cannot limit {limited}: the kernel's control groups lack it"
    if spec.cpus and not engine.get("CPUSet"):
        yield "CPUs are not pinned: the kernel's control groups lack it"


def _socket(spec: ArmSpec) -> Path:
    socket = spec.directory / spec.name / _SOCKET
    if len(os.fsencode(socket)) > _LONGEST_SOCKET:
        raise ToolError(
            f"{socket}: longer than the {_LONGEST_SOCKET} bytes of a unix socket's path; "
            "choose a shorter directory for the run"
        )
    return socket


@contextmanager
def _directory(socket: Path) -> Iterator[None]:
    """Make the socket's directory for this user alone, and remove it with the socket."""
    with explained(socket.parent):
        socket.parent.mkdir(mode=0o700)
    try:
        yield
    finally:
        with explained(socket):
            socket.unlink(missing_ok=True)
            socket.parent.rmdir()


def _await_listening(socket: Path, relay: Container, said: "_Printed") -> None:
    deadline = time.monotonic() + _RELAY_SECONDS
    while not socket.exists():
        ended = _ended(relay)
        if ended or time.monotonic() > deadline:
            said.end()
            raise ToolError(
                f"{socket}: the relay does not listen; it {ended or 'runs'}: {said.tail(1000)}"
            )
        time.sleep(_PAUSE)


def _ended(container: Container) -> str:
    container.reload()
    state = container.attrs["State"]
    if state["Running"]:
        return ""
    memory = ", out of memory" if state.get("OOMKilled") else ""
    return f"ended with status {state['ExitCode']}{memory}"


class _Printed:
    """The end of what a container that is about to start prints, read by a thread of its own.

    The SDK's own `attach` leaves its connection open, so the request is made here. What comes are
    frames: eight bytes, of which the last four are the length, then as many (Docker's engine API,
    `POST /containers/{id}/attach`).
    """

    def __init__(self, client: DockerClient, container: Container) -> None:
        api = client.api
        self._response = api.post(
            f"{api.base_url}/v{api.api_version}/containers/{container.id}/attach",
            params={"stream": 1, "stdout": 1, "stderr": 1},
            stream=True,
            timeout=None,
        )
        self._response.raise_for_status()
        self._kept = bytearray()
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tail(self, limit: int) -> str:
        """Return the last `limit` bytes as text that a terminal can be shown."""
        with self._lock:
            kept = bytes(self._kept[-limit:]) if limit > 0 else b""
        return "".join(map(_shown, kept.decode(errors="replace")))

    def end(self) -> None:
        """Wait until all is read of a container that ended."""
        self._reader.join(_READER_SECONDS)

    def _read(self) -> None:
        with self._response, suppress(HTTPError, OSError):
            raw = self._response.raw
            while header := raw.read(_FRAME_HEADER):
                left = int.from_bytes(header[_FRAME_LENGTH])
                while left and (chunk := raw.read(min(left, LOG_BYTES))):
                    left -= len(chunk)
                    self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        with self._lock:
            self._kept += chunk
            del self._kept[:-LOG_BYTES]


def _shown(character: str) -> str:
    return character if character.isprintable() or character in "\n\t" else _NOT_SHOWN
