"""This machine: which of the known systems it is."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import ToolError
from harness.host.core.architecture import ARCHITECTURES


def current_system() -> str:
    """Return Nix's name of this machine, such as `x86_64-linux`.

    Raises:
        ToolError: harness knows no base for this machine.

    """
    machine, kernel = platform.machine(), platform.system()
    for system, architecture in ARCHITECTURES.items():
        if architecture.machine == machine and kernel == "Linux":
            return system
    raise ToolError(f"harness builds on {', '.join(ARCHITECTURES)}, not on {kernel} {machine}")


def processor() -> str:
    """Return the model's name of the first processor, or the machine's where Linux tells none."""
    return _of_processor("model name") or platform.machine()


def processor_flags() -> tuple[str, ...]:
    """Return what the first processor can do, in Linux's words and in order; empty if unknown."""
    return tuple(sorted((_of_processor("flags") or _of_processor("Features")).split()))


def _of_processor(wanted: str) -> str:
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name.strip() == wanted:
                return value.strip()
    return ""


def kernel() -> str:
    """Return the kernel's release, such as "6.1.0-40-amd64"."""
    return platform.release()


@contextmanager
def kept_on(cpu: int | None) -> Iterator[None]:
    """Keep this thread, and what it starts meanwhile, on one processor."""
    if cpu is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allowed_cpus() -> list[int]:
    """Return the numbers of the processors that this process, and what it starts, may use."""
    return sorted(os.sched_getaffinity(0))


def cpus() -> int:
    """Return how many processors this process, and so a build that it starts, may use."""
    return len(allowed_cpus())
