"""Confinement: what an arm's two containers may do, as settings of the engine.

The service's container has no network but its own loopback, no file of the host, no capability, and
a root it cannot write to. The relay's shares that network and has one directory of the run.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from harness.errors import ToolError
from harness.host.owner import own_name

OWNER, RUN = "harness.owner", "harness.run"
"""Labels of every container of ours: the process that removes it, and the run it belongs to."""

_RELAY_MEMORY = 48 * 2**20
_RELAY_PROCESSES = 32  # what starts a container has threads; the relay has one
_LONGEST_SOCKET = 107
_NO_CORE = 1  # byte; 0 leaves it to a host that has a program take cores (core(5), fs/coredump.c)
_HOST_NAME = "arm"
_MOUNT = "/run/arm"
_SOCKET = "socket"


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


def socket_of(spec: ArmSpec) -> Path:
    """Return where an arm's socket is.

    Raises:
        ToolError: the path is too long for a socket (unix(7)).

    """
    socket = spec.directory.absolute() / spec.name / _SOCKET
    if len(os.fsencode(socket)) > _LONGEST_SOCKET:
        raise ToolError(
            f"{socket}: longer than the {_LONGEST_SOCKET} bytes of a unix socket's path; "
            "choose a shorter directory for the run"
        )
    return socket


def service_settings(spec: ArmSpec, declared: Collection[str]) -> dict[str, Any]:
    """Return the settings of the service's container.

    What the image declares as volumes would be on the engine's disk; it is in memory instead.
    """
    writable = dict.fromkeys([*spec.tmpfs, *declared], f"rw,size={spec.memory_bytes},mode=1777")
    return {
        **_confined(spec, memory=spec.memory_bytes, processes=spec.pids),
        "name": f"harness-{spec.run}-{spec.name}",
        "network": "none",
        "hostname": _HOST_NAME,
        "command": None if spec.command is None else list(spec.command),
        "environment": dict(spec.environment),
        "user": spec.user,
        "tmpfs": writable,
        "cpuset_cpus": ",".join(map(str, spec.cpus or ())) or None,
    }


def relay_settings(spec: ArmSpec, service: str, engine: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the relay's container, which joins the network of `service` (an id).

    The socket is owned by whom it is for. In an engine without root that user is its root.
    """
    rootless = "name=rootless" in engine.get("SecurityOptions", [])
    return {
        **_confined(spec, memory=_RELAY_MEMORY, processes=_RELAY_PROCESSES),
        "name": f"harness-{spec.run}-{spec.name}-relay",
        "network": f"container:{service}",
        "command": [str(spec.port), f"{_MOUNT}/{_SOCKET}"],
        "user": "0:0" if rootless else f"{os.getuid()}:{os.getgid()}",
        "mounts": [Mount(_MOUNT, str(socket_of(spec).parent), type="bind")],
    }


def _confined(spec: ArmSpec, *, memory: int, processes: int) -> dict[str, Any]:
    """Return what both containers have: limits, no swap, and nothing on the host's disk."""
    return {
        "labels": {OWNER: own_name(), RUN: spec.run},
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "ipc_mode": "private",
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": processes,
        "ulimits": [Ulimit(name="core", soft=_NO_CORE, hard=_NO_CORE)],
        "healthcheck": {"test": ["NONE"]},
        "log_config": LogConfig(type=LogConfig.types.NONE),
        "use_config_proxy": False,
    }


def shortfalls(
    spec: ArmSpec, engine: Mapping[str, Any], declared: Collection[str]
) -> Iterator[str]:
    """Say what is not as one would expect; `engine` is what it says of itself (`GET /info`)."""
    limits = {"MemoryLimit": "memory", "SwapLimit": "swap", "PidsLimit": "the number of processes"}
    for name, limited in limits.items():
        if not engine.get(name):
            yield f"the engine cannot limit {limited}: the kernel's control groups lack it"
    if spec.cpus and not engine.get("CPUSet"):
        yield "CPUs are not pinned: the kernel's control groups lack it"
    for path in declared:
        yield f"the image declares {path} as a volume: it is empty at the start, and in memory"
