"""`harness test`."""

import sys
from dataclasses import asdict

import click

from harness.commands.line.environments import completed
from harness.commands.parts.output import jobs_option, json_option, print_json, say, say_lines
from harness.commands.parts.progress import building
from harness.govern.declared import select
from harness.host.processors import current_system


@click.command(
    epilog="""\b
Examples:
  harness test            the checks of every environment
  harness test serving    imports, pip check and the commands of [checks] in env.toml
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...", shell_complete=completed)
@jobs_option("Checks run at once (default: Nix's own setting).")
@json_option
def command(environments: tuple[str, ...], jobs: int | None, as_json: bool) -> None:
    """Run the checks of environments: hermetic, and cached while nothing changes."""
    chosen = select(environments)
    from harness.build.checks import run_checks

    results = {}
    for environment in chosen:
        with building(f"checking {environment.name}") as on_progress:
            results[environment.name] = run_checks(
                environment, system=current_system(), jobs=jobs, on_progress=on_progress
            )
    if as_json:
        print_json(
            {
                "checks": {
                    name: [asdict(check) for check in checks] for name, checks in results.items()
                }
            }
        )
    else:
        for name, checks in results.items():
            for check in checks:
                say(f"{name}  {check.name}  {'holds' if check.holds else 'FAILS'}")
                said = [*check.log.splitlines(), *check.warnings]
                say_lines("".join(f"    {line}\n" for line in said))
    sys.exit(0 if all(c.holds for checks in results.values() for c in checks) else 1)
