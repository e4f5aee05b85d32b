"""`harness add`."""

import click

from harness.commands.line.environments import completed
from harness.commands.parts.output import json_option, print_json, say, waiting_for, warn
from harness.govern.declared import repository, select
from harness.lock.requirements import add


@click.command(
    epilog="""\b
Examples:
  harness add serving polars                 any version that fits the rest
  harness add serving 'numpy>=2,<3' pillow   what is locked already stays where it fits
"""
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@json_option
def command(environment: str, requirements: tuple[str, ...], as_json: bool) -> None:
    """Add requirements to an environment's env.toml and lock it again."""
    found = repository()
    (chosen,) = select((environment,), found)
    locked = add(
        chosen,
        requirements,
        record_urls=found.settings.record_urls,
        on_wait=waiting_for(environment),
    )
    warnings = warn(locked.notices)
    packages = len(locked.lock.packages)
    if as_json:
        print_json(
            {
                "environment": environment,
                "added": list(requirements),
                "packages": packages,
                "warnings": warnings,
            }
        )
    else:
        say(f"{environment}  added {', '.join(requirements)}: {packages} packages locked")
