"""Every error that harness raises on purpose, on one page.

A message says where, what was found, and what to do next. The class says whose fault it is, and
carries the exit code. "Different" is never an exception: see `harness.verify.core.verdict`.
"""

from collections.abc import Sequence
from typing import ClassVar


class HarnessError(Exception):
    """Base of all errors that end a command with a message instead of a traceback."""

    exit_code: ClassVar[int] = 3


class InputError(HarnessError):
    """What the user gave is wrong: env.toml, a lock, a setting, an argument."""

    exit_code = 2


class MachineError(InputError):
    """What this machine is configured with is wrong: a variable, or a file of uv's or pip's."""


class ToolError(HarnessError):
    """A tool or the world failed: Nix, the index, a mirror, the disk, a permission."""

    exit_code = 3


class BuildFailedError(ToolError):
    """A derivation's first build failed; the message ends with the last lines of its log."""


class IntegrityError(HarnessError):
    """A hash or a signature does not hold."""

    exit_code = 5


def together(problems: Sequence[HarnessError]) -> HarnessError:
    """Return one error for all; broken integrity outranks what a tool or the world did."""
    texts = list(dict.fromkeys(str(problem) for problem in problems))
    broken = any(isinstance(problem, IntegrityError) for problem in problems)
    return (IntegrityError if broken else ToolError)("\n".join(texts))
