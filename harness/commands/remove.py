"""`harness remove`."""

import click

from harness.commands.line.environments import completed
from harness.commands.parts.output import json_option, print_json, say, waiting_for, warn
from harness.govern.declared import repository, select


@click.command(
    epilog="""\b
Examples:
  harness remove serving polars    and whatever only polars needed
"""
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@json_option
def command(environment: str, names: tuple[str, ...], as_json: bool) -> None:
    """Remove requirements from an environment's env.toml and lock it again."""
    found = repository()
    (chosen,) = select((environment,), found)
    from harness.build.backends import ask
    from harness.lock.requirements import remove

    locked = remove(
        chosen,
        names,
        record_urls=found.settings.record_urls,
        on_wait=waiting_for(environment),
        ask=ask,
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
