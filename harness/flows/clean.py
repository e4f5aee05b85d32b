"""Release what a repository holds in the store; the garbage collector may then remove it."""

from collections.abc import Sequence
from pathlib import Path

from harness.adapters.files import explained
from harness.flows.repository import Environment


def clean(environments: Sequence[Environment]) -> list[Path]:
    """Remove the roots of these environments and return them; rebuilt trees that were kept stay.

    Raises:
        ToolError: a root cannot be removed.

    """
    roots = [root for environment in environments for root in _roots(environment)]
    for root in roots:
        with explained(root):
            root.unlink()
    return roots


def _roots(environment: Environment) -> list[Path]:
    links = [*environment.roots.rglob("*"), *environment.evidence.glob("*/first*")]
    return sorted(link for link in links if link.is_symlink())
