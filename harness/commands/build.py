"""`harness build`."""

import click

from harness.adapters.host import current_system
from harness.commands.output import jobs_option, json_option, print_json
from harness.commands.progress import building
from harness.flows.build import build
from harness.flows.repository import find_repository


@click.command(
    epilog="""\b
Examples:
  harness build                 every environment of the repository
  harness build serving         one of them
  harness build serving --json  the store paths, for a script
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@jobs_option("Derivations built at once (default: Nix's own setting).")
@json_option
def command(environments: tuple[str, ...], jobs: int | None, as_json: bool) -> None:
    """Build environments from their inputs in the store, without network."""
    built = {}
    for environment in find_repository().select(environments):
        with building(f"building {environment.name}") as on_progress:
            result = build(environment, system=current_system(), jobs=jobs, on_progress=on_progress)
        built[environment.name] = result.outputs[0]
        if not as_json:
            click.echo(f"{environment.name}  {result.outputs[0]}")
    if as_json:
        print_json({"built": built})
