"""What of another tool's file is not taken over: facts, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing of another tool's file that is not kept: a package, or an option at its line."""

    name: str
    reason: str


def listed(losses: Sequence[Loss]) -> str:
    """Return what is lost, each with its reason; equal reasons are said once."""
    by_reason: dict[str, list[str]] = {}
    for loss in losses:
        by_reason.setdefault(loss.reason, []).append(loss.name)
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
