"""Every error that harness raises on purpose, and every exit code, on one page.

A message says where, what was found, and what to do next. The class says whose fault it is, and
carries the exit code. "Different" is never an exception: see `harness.verdict`.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar, Self


class Exit(IntEnum):
    """How a command ends, the gravest first: of several codes the first one here counts."""

    meaning: str

    INTEGRITY = 5, "integrity: a hash, a signature or a log does not hold"
    DIFFERENT = 1, "different, stale, or a check that fails"
    INPUT = 2, "the input is wrong"
    INVALID = 6, "the comparison is invalid"
    TOOL = 3, "a tool or the world failed"
    UNTOLD = 4, "inconclusive: it could not be told"
    DONE = 0, "same, done"
    INTERRUPTED = 130, "interrupted"

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a member of its row."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made


class HarnessError(Exception):
    """Base of all errors that end a command with a message instead of a traceback."""

    exit_code: ClassVar[Exit] = Exit.TOOL


class InputError(HarnessError):
    """What the user gave is wrong: env.toml, a lock, a setting, an argument."""

    exit_code = Exit.INPUT


class MachineError(InputError):
    """What this machine is configured with is wrong: a variable, or a file of uv's or pip's."""


class ToolError(HarnessError):
    """A tool or the world failed: Nix, the index, a mirror, the disk, a permission."""

    exit_code = Exit.TOOL


class BuildFailedError(ToolError):
    """A derivation's first build failed; the message ends with the last lines of its log."""


class IntegrityError(HarnessError):
    """A hash or a signature does not hold."""

    exit_code = Exit.INTEGRITY


def together(problems: Sequence[HarnessError]) -> HarnessError:
    """Return one error for all, of the gravest kind; the texts stand in their order."""
    texts = list(dict.fromkeys(str(problem) for problem in problems))
    codes = {problem.exit_code for problem in problems}
    kinds = {kind.exit_code: kind for kind in (IntegrityError, InputError, ToolError)}
    return kinds[next(code for code in Exit if code in codes)]("\n".join(texts))
