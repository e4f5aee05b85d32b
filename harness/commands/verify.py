"""`harness verify`."""

import sys
from datetime import UTC, datetime

import click

from harness.commands.line.taken import warn_of_taken
from harness.commands.parts.against import Builders, against_options
from harness.commands.parts.exits import exits
from harness.commands.parts.factors import Moved, factor_options
from harness.commands.parts.output import json_option, print_json, say_each
from harness.commands.parts.rebuilding import Rebuilding, rebuilding_options
from harness.commands.parts.reports import Reports, detail_options, report_options
from harness.commands.parts.targets import Targets, target_options
from harness.govern.core.detail import Detail
from harness.host.processors import current_system
from harness.verdict import Judgement, Verdict


@click.command(
    epilog=f"""\b
Examples:
  harness verify                       every environment
  harness verify serving --fresh       rebuild also what was found the same before
  harness verify /nix/store/….drv      any derivation, or an output of one
  harness verify .#packages.x86_64-linux.serving --recursive
  harness verify --file release.nix --attr tool --explain
  harness verify --junit report.xml --sarif report.sarif    for a CI server
  harness verify serving --against statements --trust trust.toml
{exits(Verdict, Judgement)}
"""
)
@target_options
@factor_options
@rebuilding_options
@against_options
@detail_options
@report_options
@json_option
def command(
    what: Targets,
    moved: Moved,
    rebuilding: Rebuilding,
    builders: Builders,
    detail: Detail,
    reports: Reports,
    as_json: bool,
) -> None:
    """Rebuild under changed conditions, compare bit for bit, and name the cause of a difference."""
    began, system = datetime.now(UTC), current_system()
    what.require_file()
    chosen = what.environments()
    from harness.commands.line.watching import watch
    from harness.govern.assess import ask_builders, assess
    from harness.govern.core.assessment import code
    from harness.govern.core.report import as_object
    from harness.govern.core.text import statement_lines

    trust = builders.chosen_trust()
    if builders.statements:
        known = ask_builders(
            what.targets, builders.statements, trust, builders.threshold, system=system
        )
        say_each(() if as_json else statement_lines(known))
    else:
        warn_of_taken(chosen, "image")
        wanted = rebuilding.wanted(chosen, what, moved, trust)
        known = assess(wanted, watch(detail, quiet=as_json), system=system)
    reports.write(known, began)
    if as_json:
        print_json(as_object(known))
    for one in known:
        one.require_waivers_found()
    sys.exit(code(known))
