"""`harness tool library`."""

import click

from harness.commands.parts.output import json_option, print_json, say
from harness.govern.declared import repository
from harness.project.library import LIBRARY, renew


@click.command(
    epilog="""\b
Examples:
  harness tool library    after harness was upgraded; then `git add nix/harness`
"""
)
@json_option
def command(as_json: bool) -> None:
    """Write the repository's copy of harness's Nix library again, for its flake.nix."""
    changed = renew(repository().root)
    if as_json:
        print_json({"written": list(changed.written), "removed": list(changed.removed)})
        return
    for word, paths in (("wrote", changed.written), ("removed", changed.removed)):
        for path in paths:
            say(f"{word} {path}")
    if not (changed.written or changed.removed):
        say(f"{LIBRARY} is that of this harness")
