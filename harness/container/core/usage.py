"""What a container used, from the statistics that an engine gives.

Source: Docker's engine API, `GET /containers/{id}/stats`. Control groups of version 1 and 2 are
told apart by what is there: only the first counts its own peak and says `total_inactive_file`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the processes of one container used up to now.

    `memory_bytes` leaves out the files that the kernel would drop first, as `docker stats` does.
    `memory_peak_bytes` is the most that was charged, files included: the kernel's own count with
    control groups of version 1; with version 2, whose peak no engine tells, the most of any look.
    """

    memory_bytes: int
    memory_peak_bytes: int
    cpu_seconds: float


def decode_usage(statistics: Mapping[str, Any]) -> Usage | None:
    """Decode one object of statistics; None where no process runs any more."""
    memory = statistics.get("memory_stats") or {}
    if "usage" not in memory:
        return None
    charged = int(memory["usage"])
    details = memory.get("stats") or {}
    files = int(details.get("total_inactive_file", details.get("inactive_file", 0)))
    return Usage(
        memory_bytes=charged - files if files < charged else charged,
        memory_peak_bytes=max(charged, int(memory.get("max_usage", 0))),
        cpu_seconds=int(statistics["cpu_stats"]["cpu_usage"]["total_usage"]) / _NANOSECONDS,
    )
