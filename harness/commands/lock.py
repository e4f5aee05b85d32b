"""`harness lock`."""

import sys
from pathlib import Path
from typing import Any

import click

from harness.commands.line.bringing import bring
from harness.commands.line.environments import completed
from harness.commands.line.staleness import say_stale
from harness.commands.parts.output import json_option, print_json, say, waiting_for, warn
from harness.govern.declared import repository, select


@click.command(
    epilog="""\b
Examples:
  harness lock                           every environment whose env.toml has changed
  harness lock serving --update numpy    let one package move; the rest stays
  harness lock --update base             take the base's newest packages
  harness lock --check                   only say what is stale; exit 1 if anything is
  harness lock serving --from uv.lock    take over what another tool pins or asks for
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...", shell_complete=completed)
@click.option("--check", is_flag=True, help="Write nothing; list what is stale, and exit 1.")
@click.option("--update", multiple=True, metavar="WHAT", help="Let this move: NAME, base or all.")
@click.option(
    "--from", "foreign", type=click.Path(path_type=Path), help="Take over another tool's file."
)
@click.option("--fetch", "fetches", is_flag=True, help="Then do what `harness fetch` does.")
@json_option
def command(
    environments: tuple[str, ...],
    check: bool,
    fetches: bool,
    update: tuple[str, ...],
    foreign: Path | None,
    as_json: bool,
) -> None:
    """Pin every input of an environment by hash, in pylock.toml."""
    found = repository()
    chosen = select(environments, found)
    if check:
        sys.exit(say_stale(chosen, as_json=as_json))
    if foreign and len(chosen) != 1:
        raise click.UsageError("--from takes over one lock: name one environment")
    from harness.build.backends import ask
    from harness.commands.parts.libraries import told_ahead
    from harness.lock.foreign import read_foreign
    from harness.lock.make import How, lock
    from harness.lock.take_over import take_over
    from harness.project.core.spec import EnvSpec

    how: How = {"record_urls": found.settings.record_urls, "update": update, "ask": ask}
    parts = chosen[0].table(EnvSpec).dependencies_from if foreign else ()
    theirs = read_foreign(foreign, found.root, parts) if foreign else None
    report, warnings = dict[str, Any](), list[str]()
    for environment in chosen:
        with environment.changing(waiting_for(environment.name)):
            made = take_over(environment, theirs, **how) if theirs else lock(environment, **how)
        warnings += warn(made.notices) + told_ahead(environment)
        debs = sum(len(target.debs) for target in made.lock.targets.values())
        packages = len(made.lock.packages)
        report[environment.name] = {"changed": made.changed, "packages": packages, "debs": debs}
        if not as_json:
            done = "locked" if made.changed else "up to date"
            say(f"{environment.name}  {done}: {packages} wheels, {debs} debs")
    if fetches:
        bring(report, quietly=as_json)
    if as_json:
        print_json({"locked": report, "warnings": warnings})
