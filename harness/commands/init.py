"""`harness init`."""

from pathlib import Path

import click

from harness.commands.parts.output import json_option, print_json, say
from harness.govern.declared import repository
from harness.host.processors import current_system
from harness.project.core.bases import BASES
from harness.project.library import LIBRARY
from harness.project.repository import repository_root
from harness.project.scaffold import begin


@click.command(
    epilog="""\b
Examples:
  harness init serving                         on Debian bookworm's Python
  harness init science --base debian:trixie    on a newer one
  harness add serving scikit-learn pandas      what comes next
"""
)
@click.argument("environment", metavar="ENV")
@click.option(
    "--base",
    metavar=f"[{'|'.join(BASES)}]",
    help="Where Python comes from (default: the first that the project can run on).",
)
@click.option(
    "--flake",
    metavar="REF",
    help="Where flake.nix finds harness (default: a copy of its Nix library, in nix/harness).",
)
@json_option
def command(environment: str, base: str | None, flake: str | None, as_json: bool) -> None:
    """Write an environment, settings and a flake.nix into this repository."""
    if repository_root(Path.cwd()):
        repository()
    begun = begin(Path.cwd(), environment, base=base, system=current_system(), flake=flake)
    if as_json:
        print_json(
            {
                "repository": str(begun.root),
                "written": list(begun.written),
                "base": begun.base,
                "proposed": begun.proposed,
                "source": begun.source,
            }
        )
        return
    library = f"{LIBRARY}/"
    shown = dict.fromkeys(LIBRARY if one.startswith(library) else one for one in begun.written)
    say("\n".join(f"wrote {path}" for path in shown))
    wanted = f"lock {environment}" if begun.proposed else f"add {environment} REQUIREMENT..."
    wanted = f"lock {environment} --from {begun.source}" if begun.source else wanted
    say(f"next: harness {wanted}, and `git add` for the flake")
