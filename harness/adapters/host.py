"""This machine: which of the known systems it is."""

import platform

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
