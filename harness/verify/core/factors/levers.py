"""What factors are moved to, and where in the sandbox: what rows share with what looks for it."""

MOVED_BUILD_DIRECTORY = "/harness-moved/build"
INSIDE = "/dev/harness"
"""Where the shim and all that belongs to it are in the sandbox."""
LOCALES = f"{INSIDE}/locale"
LOCALE = "tr_TR.UTF-8"
"""Differs from C in characters, collation, the decimal point, letter case, and names."""
CLOCK_OFFSET = 48078188
"""Seconds after which every part of a date and time is another."""
MONOTONIC_OFFSET = 86461
ZONE_OFFSET = 11 * 3600 + 47 * 60
STATIC = "static programs"
"""What the shim does not reach."""
NEAR = "near-the-real-one"
"""Builds refuse files of the future, and tests have their time: `Setting.at` gives the number."""
_ODD = (3, 5)
"""Counts that few machines have; the second serves where a machine has the first."""


def odd(cpus: int) -> int:
    """Return a count of processors that this machine does not have."""
    return next(count for count in _ODD if count != cpus)
