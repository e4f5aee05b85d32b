"""What is said of files that git does not track, where a build would take them."""

from collections.abc import Iterable

from harness.commands.parts.output import say
from harness.project.repository import Environment


def warn_of_untracked(environments: Iterable[Environment], attribute: str) -> None:
    """Say on stderr what is not seen by builds of `image` or `checks`.

    Raises:
        InputError: what env.toml takes of the repository is not there, or not tracked.
        ToolError: git's repository cannot be read.

    """
    from harness.build.own_files import left_out, sources

    for environment in environments:
        if warning := left_out(environment, sources(environment, [attribute])).warning:
            say(f"warning: {environment.name}: {warning}", err=True)
