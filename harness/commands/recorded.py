"""What was recorded or imported, as text and as JSON."""

from collections.abc import Mapping
from pathlib import Path

import click

from harness.commands.output import print_json


def print_recorded(
    output: Path,
    count: int,
    left_out: Mapping[str, int],
    *,
    as_json: bool,
    failure: str | None = None,
) -> None:
    """Say how many requests are in a recording, and how many are not, by reason."""
    if as_json:
        counts = {"recorded": count, "not-recorded": dict(left_out)}
        print_json({"recording": str(output), **counts, "failure": failure})
        return
    click.echo(f"{output}: {count} requests recorded, {sum(left_out.values())} not")
    for reason, times in sorted(left_out.items()):
        click.echo(f"  {times} {reason}")
    if failure:
        click.echo(f"  ended early: {failure}")
