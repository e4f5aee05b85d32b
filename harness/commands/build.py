"""`harness build`."""

import os

import click

from harness.commands.line.environments import completed
from harness.commands.line.taken import warn_of_taken
from harness.commands.parts.output import jobs_option, json_option, print_json, say
from harness.commands.parts.progress import building
from harness.govern.declared import select
from harness.host.processors import current_system


@click.command(
    epilog="""\b
Examples:
  harness build                 every environment of the repository
  harness build serving         one of them
  harness build serving --json  the store paths, for a script
  harness build --repair        what the store no longer holds as it was made
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...", shell_complete=completed)
@jobs_option("Derivations built at once (default: Nix's own setting).")
@click.option(
    "--repair",
    is_flag=True,
    help="Rehash everything and rebuild what is damaged. Accepts store paths, too.",
)
@json_option
def command(environments: tuple[str, ...], jobs: int | None, repair: bool, as_json: bool) -> None:
    """Build environments from their inputs in the store, without network.

    What was built before is hashed again: exit 5 if somebody has written to it.
    """
    paths = [name for name in environments if repair and os.sep in name]
    names = [name for name in environments if name not in paths]
    chosen = select(names) if names or not paths else []
    from harness.build.intact import require_unchanged
    from harness.build.realise import Making, build
    from harness.build.repair import repair_environment, repair_path
    from harness.commands.parts.copied import warn_of_copy

    for path in paths:
        with building(f"repairing {path}") as on_progress:
            _say_removed(repair_path(path, Making(on_progress=on_progress)))
    built = {}
    for environment in chosen[:1]:
        warn_of_copy(environment.repository)
    warn_of_taken(chosen, "environment")
    for environment in chosen:
        with building(f"building {environment.name}") as on_progress:
            if repair:
                making = Making(on_progress=on_progress)
                _say_removed(repair_environment(environment, making, system=current_system()))
            result = build(environment, system=current_system(), jobs=jobs, on_progress=on_progress)
            require_unchanged(result.outputs, environment.name)
        built[environment.name] = result.outputs[0]
        if not as_json:
            say(f"{environment.name}  {result.outputs[0]}")
    if as_json:
        print_json({"built": built})


def _say_removed(paths: tuple[str, ...]) -> None:
    for path in paths:
        say(f"removed {path}: `harness fetch` brings inputs back", err=True)
