"""`harness test`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from harness.commands.line.environments import completed
from harness.commands.line.taken import warn_of_taken
from harness.commands.parts.output import jobs_option, json_option, print_json, say, say_lines
from harness.commands.parts.progress import building
from harness.govern.declared import select
from harness.host.files import write_atomically
from harness.host.processors import current_system


@click.command(
    epilog="""\b
Examples:
  harness test                       the checks of every environment
  harness test serving               imports, pip check, and [checks] of env.toml
  harness test --junit tests.xml     a suite a check, with the cases that pytest had
  harness test --keep kept           executed notebooks, and what else checks keep
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...", shell_complete=completed)
@jobs_option("Checks run at once (default: Nix's own setting).")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML.")
@click.option(
    "--keep",
    "kept",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Copy what checks left below $HARNESS_KEEP to DIR/ENV/CHECK.",
)
@json_option
def command(
    environments: tuple[str, ...],
    jobs: int | None,
    junit: Path | None,
    kept: Path | None,
    as_json: bool,
) -> None:
    """Run the checks of environments: hermetic, and cached while nothing changes."""
    began, chosen = datetime.now(UTC), select(environments)
    from harness.build.checks import run_checks
    from harness.build.core.check import as_junit, as_object, lines
    from harness.build.keep import keep
    from harness.verify.origin import ran_since

    warn_of_taken(chosen, "checks")
    results = {}
    for environment in chosen:
        with building(f"checking {environment.name}") as on_progress:
            results[environment.name] = run_checks(
                environment, system=current_system(), jobs=jobs, on_progress=on_progress
            )
    if junit:
        write_atomically(junit, as_junit(results, ran_since(began)))
    for name, checks in results.items():
        for directory in keep(checks, kept / name) if kept else ():
            say(f"kept: {directory}", err=True)
    if as_json:
        print_json(as_object(results))
    else:
        for name, checks in results.items():
            for check in checks:
                say_lines("".join(f"{line}\n" for line in lines(name, check)))
    sys.exit(0 if all(c.holds for checks in results.values() for c in checks) else 1)
