"""`harness doctor`."""

import sys
from collections.abc import Mapping

import click

from harness.commands.parts.output import json_option, print_json, say
from harness.doctor.examine import Row, clean, examine, is_ready
from harness.errors import ToolError
from harness.verdict import Colour

_MARKS: Mapping[str, Colour] = {"ok": "good", "warning": "open", "missing": "bad"}


@click.command(
    epilog="""\b
Examples:
  harness doctor
  harness doctor --json     the same for a script; exit status 3 if something needed is missing
  harness doctor --clean    remove what killed runs left, and say what that was
"""
)
@click.option(
    "--clean", "is_clean", is_flag=True, help="Remove what killed runs left, and do nothing else."
)
@json_option
def command(is_clean: bool, as_json: bool) -> None:
    """Check what this machine lacks, and show the command that fixes it. Changes nothing."""
    if is_clean:
        _clean(as_json=as_json)
        return
    rows = examine()
    if as_json:
        print_json({"ready": is_ready(rows), "checks": [_row(row) for row in rows]})
    else:
        for row in rows:
            say(f"{row.finding.state:8} {row.name:20} {row.finding.found}", marks=_MARKS)
            if row.finding.mend:
                say(f"{'':29} mend: {row.finding.mend}")
    sys.exit(0 if is_ready(rows) else ToolError.exit_code)


def _clean(*, as_json: bool) -> None:
    cleaned = clean()
    if cleaned.unseen:
        say(f"containers were not looked for: {cleaned.unseen}", err=True)
    if as_json:
        print_json({"removed": [{"kind": one.kind, "name": one.name} for one in cleaned.removed]})
        return
    for one in cleaned.removed:
        say(f"removed {one.kind} {one.name}")
    if not cleaned.removed:
        say("no killed run left anything")


def _row(row: Row) -> dict[str, str | bool]:
    return {
        "name": row.name,
        "needed": row.needed,
        "state": row.finding.state,
        "found": row.finding.found,
        "mend": row.finding.mend,
    }
