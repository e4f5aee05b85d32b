"""`harness shadow`."""

import sys
from pathlib import Path

import click

from harness.commands.line.comparing import comparing_options
from harness.commands.line.environments import completed
from harness.commands.parts.exits import exits
from harness.commands.parts.output import json_option
from harness.govern.declared import select
from harness.host.processors import current_system
from harness.shadow.options import Options
from harness.verdict import Judgement


@click.command(
    epilog=f"""\b
Examples:
  harness shadow serving                    against production, as [shadow] of env.toml says
  harness shadow serving --candidate x.tar  another candidate: an image's reference or archive
  harness shadow serving --only 17          one request of the recording again
  harness shadow serving --key key.pem      sign the result, into its directory
  harness shadow --from .harness/shadow/serving/20261123T101500.000000Z
{exits(Judgement)}
"""
)
@click.argument("name", required=False, metavar="ENV", shell_complete=completed)
@comparing_options
@click.option(
    "--only",
    type=click.IntRange(0),
    metavar="N",
    help="Send only request N of the recording, and show the answers.",
)
@click.option(
    "--from",
    "kept",
    type=click.Path(path_type=Path),
    metavar="DIRECTORY",
    help="Judge an earlier comparison again, from its directory.",
)
@click.option("--key", metavar="FILE|env:NAME", help="Sign the result with this ed25519 key.")
@json_option
def command(
    name: str | None,
    options: Options,
    only: int | None,
    kept: Path | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Send production and the candidate the same requests, in containers; compare their answers."""
    if (name is None) == (kept is None):
        raise click.UsageError("name an environment, or a comparison's directory with --from")
    if kept and (options, only) != (Options(), None):
        raise click.UsageError("--from judges what was asked: it goes with --key and --json only")
    if only is not None and (key or as_json):
        raise click.UsageError("--only comes to no verdict: there is nothing to sign or print so")
    chosen = [] if kept else select([str(name)])
    from harness.attest.shadow import sign_result
    from harness.attest.signer import key_from
    from harness.commands.parts.compared import show_again, show_earlier, watching
    from harness.shadow.compare import ask_again, shadow

    signer = key_from(key) if key else None
    if kept:
        done = show_earlier(kept, as_json=as_json)
    else:
        system = current_system()
        with watching(chosen[0].name, as_json=as_json) as watch:
            if only is not None:
                again = ask_again(chosen[0], options, only, system=system, watch=watch)
                sys.exit(show_again(again))
            done = shadow(chosen[0], options, system=system, watch=watch)
    if signer:
        sign_result(done.result, done.directory, signer)
    sys.exit(done.result.judgement.code)
