"""What the kernel counted for a process's control groups, version 1 or 2, where they can be seen.

Formats: /proc/PID/cgroup (cgroups(7)); the kernel's admin-guide/cgroup-v1/memory.rst, cpuacct.rst
and admin-guide/cgroup-v2.rst. Without containers in between this is the source of what an engine
tells, and more: engines do not pass on the peak of version 2, and some tell nothing at all.
"""

from pathlib import Path

from harness.container.core.usage import Usage

_MOUNT = Path("/sys/fs/cgroup")
_PROC = Path("/proc")


def usage(number: int, container: str, *, mount: Path = _MOUNT, proc: Path = _PROC) -> Usage | None:
    """Return what the control groups of a process used; None where they cannot be read.

    Groups without the container's id in their names are those of another process, which has this
    number in the namespace of processes that is seen from here.
    """
    try:
        groups = _groups(number, proc)
        if container not in groups.get("memory", groups[""]):
            return None
        return _version_1(groups, mount) if "memory" in groups else _version_2(mount / groups[""])
    except (OSError, ValueError, KeyError):
        return None


def _groups(number: int, proc: Path) -> dict[str, str]:
    """Return the path of each controller's group; that of version 2 has no name."""
    groups: dict[str, str] = {}
    for line in (proc / str(number) / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        groups |= {controller: path.strip("/") for controller in controllers.split(",")}
    return groups


def _version_1(groups: dict[str, str], mount: Path) -> Usage:
    memory = mount / "memory" / groups["memory"]
    charged = int((memory / "memory.usage_in_bytes").read_text())
    nanoseconds = int((mount / "cpuacct" / groups["cpuacct"] / "cpuacct.usage").read_text())
    return Usage(
        memory_bytes=charged - _field(memory / "memory.stat", "total_inactive_file"),
        memory_peak_bytes=int((memory / "memory.max_usage_in_bytes").read_text()),
        cpu_seconds=nanoseconds / 1e9,
    )


def _version_2(group: Path) -> Usage:
    """Read the one group; kernels before 5.19 have no peak, so that it is what is charged now."""
    charged = int((group / "memory.current").read_text())
    peak = group / "memory.peak"
    return Usage(
        memory_bytes=charged - _field(group / "memory.stat", "inactive_file"),
        memory_peak_bytes=int(peak.read_text()) if peak.exists() else charged,
        cpu_seconds=_field(group / "cpu.stat", "usage_usec") / 1e6,
    )


def _field(file: Path, name: str) -> int:
    fields = dict(line.split() for line in file.read_text().splitlines())
    return int(fields[name])
