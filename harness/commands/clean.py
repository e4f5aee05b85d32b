"""`harness clean`."""

import click

from harness.build.clean import clean
from harness.commands.line.environments import completed
from harness.commands.parts.output import json_option, print_json, say
from harness.project.repository import find_repository


@click.command(
    epilog="""\b
Examples:
  harness clean && nix-collect-garbage    give the space back
  harness clean serving                   release one environment
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...", shell_complete=completed)
@json_option
def command(environments: tuple[str, ...], as_json: bool) -> None:
    """Release what the repository holds in the store; the next garbage collection removes it."""
    roots = clean(find_repository().select(environments))
    if as_json:
        print_json({"released": [str(root) for root in roots]})
    else:
        say(f"released {len(roots)} roots; `nix-collect-garbage` frees their space")
