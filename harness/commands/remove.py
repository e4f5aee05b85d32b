"""`harness remove`."""

import click

from harness.commands.parts.output import json_option, print_json, say, waiting_for, warn
from harness.lock.requirements import remove
from harness.project.repository import find_repository


@click.command(
    epilog="""\b
Examples:
  harness remove serving polars    and whatever only polars needed
"""
)
@click.argument("environment", metavar="ENV")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@json_option
def command(environment: str, names: tuple[str, ...], as_json: bool) -> None:
    """Remove requirements from an environment's env.toml and lock it again."""
    repository = find_repository()
    (chosen,) = repository.select((environment,))
    locked = remove(
        chosen,
        names,
        record_urls=repository.settings.record_urls,
        on_wait=waiting_for(environment),
    )
    warnings = warn(locked.notices)
    packages = len(locked.lock.packages)
    if as_json:
        print_json(
            {
                "environment": environment,
                "removed": list(names),
                "packages": packages,
                "warnings": warnings,
            }
        )
    else:
        say(f"{environment}  removed {', '.join(names)}: {packages} packages locked")
