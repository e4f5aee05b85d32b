"""`harness tool wheel`."""

from pathlib import Path

import click

from harness.build.own_wheel import deliver_wheel
from harness.commands.line.environments import completed
from harness.commands.line.own import dirty_option
from harness.commands.parts.output import json_option, print_json, say
from harness.commands.parts.progress import building
from harness.govern.declared import select
from harness.host.processors import current_system


@click.command(
    epilog="""\b
Examples:
  harness tool wheel dev --output dist    the same bytes on every machine
"""
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("dist"),
    show_default=True,
    metavar="DIR",
    help="Where to put it.",
)
@dirty_option
@json_option
def command(environment: str, output: Path, dirty: bool, as_json: bool) -> None:
    """Build the wheel of one's own package, as `[project]` of an environment says."""
    (chosen,) = select((environment,))
    with building(f"building the wheel of {environment}") as on_progress:
        wheel = deliver_wheel(
            chosen, output, system=current_system(), dirty=dirty, on_progress=on_progress
        )
    if as_json:
        print_json({"environment": environment, "wheel": str(wheel)})
    else:
        say(str(wheel))
