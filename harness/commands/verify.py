"""`harness verify`."""

import os
import sys
from pathlib import Path

import click

from harness.adapters.files import write_atomically
from harness.adapters.host import current_system
from harness.commands.output import jobs_option, json_option, print_json
from harness.commands.progress import building
from harness.core.report import as_junit, as_object, counts, details, name_of
from harness.core.verdict import EXIT_CODES, Verdict, overall
from harness.flows.repository import find_repository
from harness.flows.verify import Options, Verification, verify


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
    options = Options(fresh=fresh, keep_going=keep_going, jobs=jobs or len(os.sched_getaffinity(0)))
    found = []
    for environment in find_repository().select(environments):
        with building(f"verifying {environment.name}") as on_progress:
            found.append(
                verify(environment, options, system=current_system(), on_progress=on_progress)
            )
        if not as_json:
            _print(found[-1], verbose=verbose)
    if junit:
        write_atomically(junit, as_junit([(one.environment, one.results) for one in found]))
    verdict = overall(one.verdict for one in found)
    if as_json:
        parts = [as_object(o.environment, o.conditions, o.nix, o.results) for o in found]
        print_json({"verdict": verdict.value, "environments": parts})
    sys.exit(EXIT_CODES[verdict])


def _print(found: Verification, *, verbose: bool) -> None:
    for result in found.results:
        if verbose or result.verdict is not Verdict.SAME:
            click.echo(f"{result.verdict:<13} {name_of(result)}")
            click.echo("".join(f"    {line}\n" for line in details(result).splitlines()), nl=False)
    tally = ", ".join(f"{number} {verdict}" for verdict, number in counts(found.results).items())
    dates = sorted(result.verified_at for result in found.results if result.verified_at)
    when = f"; verified on {dates[0]}" if dates else ""
    remembered = sum(result.remembered for result in found.results)
    note = f" ({remembered} remembered, contents rehashed)" if remembered else ""
    click.echo(f"{found.environment}: {found.verdict}  {tally or 'no outputs'}{note}{when}")
    click.echo(f"  under: {found.conditions}, Nix {found.nix}, sandboxed, without network")
