"""`harness shadow`."""

import sys
from functools import partial
from pathlib import Path

import click

from harness.attest.shadow import sign_result
from harness.attest.signer import key_from
from harness.commands.parts.output import json_option, print_json, say
from harness.commands.parts.progress import building
from harness.host.processors import current_system
from harness.project.repository import find_repository
from harness.shadow.compare import Options, Watch, ask_again, from_run, shadow
from harness.shadow.core.again import asked_again
from harness.shadow.core.result import ShadowResult, as_object
from harness.shadow.core.text import summary


@click.command(
    epilog="""\b
Examples:
  harness shadow serving                    against production, as [shadow] of env.toml says
  harness shadow serving --candidate x.tar  another candidate: an image's reference or archive
  harness shadow serving --only 17          one request of the recording again
  harness shadow serving --key key.pem      sign the result, into the run's directory
  harness shadow --from .harness/shadow/serving/20261123T101500.000000Z
Exit: 0 pass, 1 fail, 2 input, 3 tool failed, 4 inconclusive, 6 invalid.
"""
)
@click.argument("name", required=False, metavar="ENV")
@click.option("--production", metavar="IMAGE", help="In place of the one in env.toml.")
@click.option("--candidate", metavar="IMAGE", help="In place of the environment's own image.")
@click.option("--recording", type=click.Path(path_type=Path), metavar="FILE", help="Likewise.")
@click.option("--fixed", type=click.IntRange(1), metavar="N", help="Ask N requests in any case.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Of the arms' order.")
@click.option("--only", type=click.IntRange(0), metavar="N", help="Ask request N alone again.")
@click.option(
    "--from", "run", type=click.Path(path_type=Path), metavar="RUN", help="Judge a run again."
)
@click.option("--key", metavar="FILE|env:NAME", help="Sign the result with this ed25519 key.")
@json_option
def command(
    name: str | None,
    production: str | None,
    candidate: str | None,
    recording: Path | None,
    fixed: int | None,
    seed: int | None,
    only: int | None,
    run: Path | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Ask production and the candidate the same in containers, and compare what they answer."""
    if (name is None) == (run is None):
        raise click.UsageError("name an environment, or a run with --from")
    if run and [production, candidate, recording, fixed, seed, only] != [None] * 6:
        raise click.UsageError("--from judges what was asked: it goes with --key and --json only")
    if only is not None and (key or as_json):
        raise click.UsageError("--only comes to no verdict: there is nothing to sign or print so")
    signer = key_from(key) if key else None
    if run:
        result = from_run(run)
        if signer:
            sign_result(result, run, signer)
        sys.exit(_show(result, as_json=as_json))
    options = Options(
        production=production, candidate=candidate, recording=recording, fixed=fixed, seed=seed
    )
    (environment,) = find_repository().select([str(name)])
    system = current_system()
    with building(f"building {environment.name}") as on_progress:
        watch = Watch(
            on_progress=on_progress, on_step=_say, on_result=partial(_show_run, as_json=as_json)
        )
        if only is not None:
            again = ask_again(environment, options, only, system=system, watch=watch)
        else:
            done = shadow(environment, options, system=system, watch=watch)
    if only is not None:
        say("\n".join(asked_again(again.request, again.played, again.reasons)))
        sys.exit(1 if again.reasons else 0)
    if signer:
        sign_result(done.result, done.directory, signer)
    sys.exit(done.result.judgement.code)


def _show_run(result: ShadowResult, directory: Path, *, as_json: bool) -> None:
    if not as_json:
        say(f"run: {directory}")
    _show(result, as_json=as_json)


def _show(result: ShadowResult, *, as_json: bool) -> int:
    if as_json:
        print_json(as_object(result))
    else:
        say("\n".join(summary(result)))
    return result.judgement.code


def _say(step: str) -> None:
    """Tell a person who waits what is done next."""
    if sys.stderr.isatty():
        say(f"harness: {step}", err=True)
