"""Release what a repository holds in the store; the garbage collector may then remove it."""

from collections.abc import Sequence
from pathlib import Path

from harness.project import workspace
from harness.project.repository import Environment


def clean(environments: Sequence[Environment]) -> list[Path]:
    """Remove the roots of these environments and return them; rebuilt trees that were kept stay.

    Nothing is removed before all of them are found.

    Raises:
        InputError: a link is in the way of a root.
        ToolError: a root cannot be removed.

    """
    roots = [root for environment in environments for root in _roots(environment)]
    for root in roots:
        workspace.release(root)
    return roots


def _roots(environment: Environment) -> list[Path]:
    found = [
        directory / name
        for directory in (environment.roots, *workspace.directories(environment.roots))
        for name in workspace.roots(directory)
    ]
    return found + [
        directory / name
        for directory in workspace.directories(environment.kept_below)
        for name in workspace.roots(directory)
        if name.startswith("first")
    ]
