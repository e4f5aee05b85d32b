"""What of another tool's file is not taken over: facts, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing of another tool's file that is not kept: a package, or an option at its line."""

    name: str
    reason: str


def summed(kept: int, losses: Sequence[Loss]) -> str:
    """Return how many of all are kept, and each that is not; equal reasons are said once."""
    by_reason: dict[str, list[str]] = {}
    for loss in losses:
        by_reason.setdefault(loss.reason, []).append(loss.name)
    left = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
    return f"{kept} of {kept + len(losses)}; not kept: {left}"
