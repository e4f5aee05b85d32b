"""What is said of the files that a build takes of the repository, before it takes them."""

from collections.abc import Iterable

from harness.commands.parts.output import say
from harness.project.core.untracked import Untracked
from harness.project.repository import Environment


def warn_of_taken(environments: Iterable[Environment], attribute: str) -> None:
    """Say on stderr what builds of an attribute do not see, or what could not start there.

    Raises:
        InputError: what env.toml takes of the repository is not there, or not tracked.
        ToolError: git's repository cannot be read.

    """
    from harness.build import own
    from harness.build.own_files import left_out, sources
    from harness.build.scripts import lacking

    for environment in environments:
        taken = left_out(environment, sources(environment, [attribute])).new
        new = tuple(sorted({*taken, *own.left_out(environment)}))
        warnings = [Untracked(new=new).warning]
        if attribute == "image":
            warnings += lacking(environment)
        for warning in filter(None, warnings):
            say(f"warning: {environment.name}: {warning}", err=True)
