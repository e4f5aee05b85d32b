"""`harness diff`."""

import sys
from pathlib import Path

import click

from harness.commands.parts.output import json_option, print_json, say
from harness.diff.names import require_known
from harness.host.files import write_atomically


@click.command(
    epilog="""\b
Examples:
  harness diff serving@v1 serving              an environment at a tag and as it is now
  harness diff old.drv new.drv                 two derivations with all that they are built from
  harness diff /nix/store/…-a /nix/store/…-b   two outputs
  harness diff a.whl b.whl --limit 100         two archives, directories or files
Exit: 0 same, 1 different, 2 input, 3 tool failed.
"""
)
@click.argument("first")
@click.argument("second")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    help="Show at most N files, and N changes of each.",
)
@click.option("--all", "unfolded", is_flag=True, help="Show everything that was found.")
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write an HTML report."
)
@click.option("--with-diffoscope", is_flag=True, help="Run diffoscope on the trees, too.")
@json_option
def command(
    first: str,
    second: str,
    limit: int,
    unfolded: bool,
    html: Path | None,
    with_diffoscope: bool,
    as_json: bool,
) -> None:
    """Say what differs between two environments, derivations, locks, trees, archives or files."""
    for name in (first, second):
        require_known(name)
    from harness.diff.compare import Options, diff
    from harness.diff.core.report import as_html, as_lines, as_object
    from harness.verify.origin import made_here

    report = diff(first, second, Options(limit=limit, diffoscope=with_diffoscope))
    if html:
        write_atomically(html, as_html(report, made_here()))
    if as_json:
        print_json(dict(as_object(report)))
    else:
        say("\n".join(as_lines(report, unfolded=unfolded)))
    sys.exit(0 if report.is_same else 1)
