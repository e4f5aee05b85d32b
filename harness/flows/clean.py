"""Release what a repository holds in the store; the garbage collector may then remove it."""

from collections.abc import Sequence
from pathlib import Path

from harness.errors import ToolError
from harness.flows.build import roots_of
from harness.flows.repository import Environment


def clean(environments: Sequence[Environment]) -> list[Path]:
    """Remove the roots of these environments and return them.

    Raises:
        ToolError: a root cannot be removed.

    """
    roots = roots_of(environments)
    for root in roots:
        try:
            root.unlink()
        except OSError as error:
            raise ToolError(f"{root}: cannot be removed: {error.strerror}") from error
    return roots
