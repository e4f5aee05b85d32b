"""How much worse than production is still no worse, and how few starts prove nothing."""

from dataclasses import dataclass

FLOOR = 1e-4
"""Seconds: 5 % of 2 ms. Of a faster service's time, 5 % are lost in the noise of any client."""
LEAST_STARTS = 7
"""Starts of each arm: five against five cannot reach .003."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """How much worse is still no worse.

    `outputs` and `errors` are shares of requests that only the candidate answers differently, or
    fails; `median` is relative; `tail` is a share of requests slower than `slow` seconds, or than
    production's own 99th percentile. Up to `floor` seconds more are never slower.
    """

    outputs: float = 0.01
    errors: float = 0.01
    median: float = 0.05
    tail: float = 0.01
    slow: float | None = None
    floor: float = FLOOR
