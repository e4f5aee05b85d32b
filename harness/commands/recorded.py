"""What was recorded or imported, as text and as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from harness.commands.output import print_json


def print_recorded(
    output: Path,
    count: int,
    left_out: Mapping[str, int],
    unseen: Sequence[str] | None = None,
    *,
    as_json: bool,
    failure: str | None = None,
) -> None:
    """Say how many requests are in a recording, and how many are not, by reason.

    `unseen` are fields that were to be redacted and that nothing had; None if that is not known.
    """
    if as_json:
        counts = {"recorded": count, "not-recorded": dict(left_out), "failure": failure}
        known = {} if unseen is None else {"unseen": list(unseen)}
        print_json({"recording": str(output), **counts, **known})
        return
    click.echo(f"{output}: {count} requests recorded, {sum(left_out.values())} not")
    for reason, times in sorted(left_out.items()):
        click.echo(f"  {times} {reason}")
    for field in unseen or ():
        click.echo(f"  nothing had the field {field}, which was to be redacted")
    if failure:
        click.echo(f"  ended early: {failure}")
