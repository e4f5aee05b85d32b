"""`harness verify`."""

import sys
from pathlib import Path

import click

from harness.adapters.files import write_atomically
from harness.adapters.host import cpus, current_system
from harness.commands.output import jobs_option, json_option, print_json
from harness.commands.progress import building
from harness.core.report import as_junit, as_object, counts, details, name_of
from harness.core.verdict import EXIT_CODES, Verdict, Verification, overall
from harness.flows.rebuild import Options
from harness.flows.repository import find_repository
from harness.flows.verify import verify


@click.command(
    epilog="""\b
Examples:
  harness verify                      every environment
  harness verify serving --fresh      rebuild also what was found the same before
  harness verify --junit report.xml   for a CI server
Exit: 0 same, 1 different, 2 input, 3 build or tool failed, 4 inconclusive, 5 corrupt.
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option("--fresh", is_flag=True, help="Ignore what earlier runs found.")
@click.option("--keep-going", is_flag=True, help="Verify what there is when a build fails.")
@jobs_option("Rebuilds at once (default: one a CPU).")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML.")
@click.option("--verbose", "-v", is_flag=True, help="List every output, not only the exceptions.")
@json_option
def command(
    environments: tuple[str, ...],
    fresh: bool,
    keep_going: bool,
    jobs: int | None,
    junit: Path | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Rebuild everything that harness made of an environment and compare bit for bit."""
    options = Options(fresh=fresh, jobs=jobs or cpus())
    found: list[Verification] = []
    for environment in find_repository().select(environments):
        with building(f"verifying {environment.name}") as on_progress:
            found.append(
                verify(
                    environment,
                    options,
                    system=current_system(),
                    keep_going=keep_going,
                    on_progress=on_progress,
                )
            )
        if not as_json:
            _print(found[-1], verbose=verbose)
        if found[-1].verdict is Verdict.BUILD_FAILED and not keep_going:
            break
    if junit:
        write_atomically(junit, as_junit(found))
    if as_json:
        print_json(as_object(found))
    sys.exit(EXIT_CODES[overall(one.verdict for one in found)])


def _print(found: Verification, *, verbose: bool) -> None:
    for result in found.results:
        if verbose or result.verdict is not Verdict.SAME:
            click.echo(f"{result.verdict:<13} {name_of(result)}")
            click.echo("".join(f"    {line}\n" for line in details(result).splitlines()), nl=False)
    tally = ", ".join(f"{number} {verdict}" for verdict, number in counts(found.results).items())
    click.echo(f"{found.environment}: {found.verdict} ({tally or 'no outputs'})")
    dates = sorted(result.verified_at for result in found.results if result.verified_at)
    remembered = sum(result.remembered for result in found.results)
    note = f" ({remembered} remembered, their contents rehashed now)" if remembered else ""
    click.echo(f"  verified on {dates[0]}{note}" if dates else "  nothing was rebuilt")
    click.echo(f"  under {found.conditions}, sandboxed, without network")
