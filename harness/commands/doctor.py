"""`harness doctor`."""

import sys

import click

from harness.commands.output import json_option, print_json
from harness.errors import ToolError
from harness.flows.doctor import Row, examine, is_ready


@click.command(
    epilog="""\b
Examples:
  harness doctor
  harness doctor --json    the same for a script; exit status 3 if something needed is missing
"""
)
@json_option
def command(as_json: bool) -> None:
    """Say what this machine lacks and the command that mends it; changes nothing."""
    rows = examine()
    if as_json:
        print_json({"ready": is_ready(rows), "checks": [_row(row) for row in rows]})
    else:
        for row in rows:
            click.echo(f"{row.finding.state:8} {row.name:20} {row.finding.found}")
            if row.finding.mend:
                click.echo(f"{'':29} mend: {row.finding.mend}")
    sys.exit(0 if is_ready(rows) else ToolError.exit_code)


def _row(row: Row) -> dict[str, str | bool]:
    return {
        "name": row.name,
        "needed": row.needed,
        "state": row.finding.state,
        "found": row.finding.found,
        "mend": row.finding.mend,
    }
