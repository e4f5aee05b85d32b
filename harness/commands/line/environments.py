"""The names of environments, as a shell completes them."""

import click

from harness.errors import HarnessError
from harness.project.repository import find_repository


def completed(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the environments of this repository that begin so; none where there is none."""
    try:
        names = find_repository().environments()
    except (HarnessError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]
