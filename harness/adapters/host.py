"""This machine: which of the known systems it is."""

import os
import platform
from contextlib import suppress
from pathlib import Path

from harness.core.target import ARCHITECTURES
from harness.errors import ToolError


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
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.machine()


def cpus() -> int:
    """Return how many processors this process, and so a build that it starts, may use."""
    return len(os.sched_getaffinity(0))
