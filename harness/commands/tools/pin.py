"""`harness tool pin`."""

import click

from harness.commands.parts.output import json_option, print_json, say
from harness.govern.declared import repository
from harness.store.pinning import pin


@click.command(
    epilog="""\b
Examples:
  harness tool pin nixpkgs               what the branch in flake.nix has now
  harness tool pin nixpkgs --rev 0d2c…   one commit, all 40 digits
"""
)
@click.argument("name", metavar="INPUT")
@click.option("--rev", metavar="COMMIT", default="", help="The commit (default: the newest).")
@json_option
def command(name: str, rev: str, as_json: bool) -> None:
    """Pin an input of the repository's flake in flake.lock; nothing else in it changes."""
    pinned = pin(repository().root, name, rev)
    if as_json:
        print_json(
            {
                "input": pinned.input,
                "place": pinned.place,
                "previous": pinned.previous,
                "revision": pinned.revision,
                "hash": pinned.hash,
                "by": list(pinned.by),
            }
        )
        return
    old, new = (one[:12] or "the file" for one in (pinned.previous, pinned.revision))
    moved = f"{old} -> {new}" if old != new else f"{new}, as before"
    say(f"{pinned.input}: {moved} ({pinned.place}); {pinned.hash} by {' and '.join(pinned.by)}")
