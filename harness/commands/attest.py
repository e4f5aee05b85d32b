"""`harness attest`."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from harness.attest.sign import Signing, attest
from harness.attest.signer import key_from, key_from_command
from harness.commands.parts.factors import chosen_factors, factor_options
from harness.commands.parts.output import jobs_option, json_option, print_json, say
from harness.commands.parts.progress import building
from harness.commands.parts.verification import Judged, show
from harness.host.processors import cpus, current_system
from harness.project.repository import find_repository
from harness.verify.benign import require_found
from harness.verify.core.benign import accepted
from harness.verify.core.report import as_object
from harness.verify.rebuild import Options


@click.command(
    epilog="""\b
Examples:
  harness attest serving --key key.pem
  harness attest serving --key env:SIGNING_KEY --valid-for 90
  harness attest serving --key-command 'pass show signing-key' --output statements
A key: openssl genpkey -algorithm ed25519 -out key.pem
Exit: as `harness verify`; what was found is signed, whatever it is.
"""
)
@click.argument("environment", metavar="ENV")
@factor_options
@click.option("--key", metavar="FILE|env:NAME", help="An ed25519 private key in PEM.")
@click.option("--key-command", metavar="CMD", help="A command that prints the key.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to write (default: .harness/statements).",
)
@click.option(
    "--valid-for",
    type=click.IntRange(1, 36500),
    metavar="DAYS",
    help="Days until it expires (default: never).",
)
@jobs_option("Rebuilds at once (default: one a CPU).")
@json_option
def command(
    environment: str,
    plain: bool,
    factor: tuple[str, ...],
    key: str | None,
    key_command: str | None,
    output: Path | None,
    valid_for: int | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Verify an environment afresh; sign what it was built from, what was found, what it holds."""
    if (key is None) == (key_command is None):
        raise click.UsageError("name the key by --key or by --key-command")
    repository = find_repository()
    (chosen,) = repository.select([environment])
    signing = Signing(
        key=key_from(key) if key is not None else key_from_command(key_command or ""),
        directory=output or repository.root / ".harness" / "statements",
        valid_for=timedelta(days=valid_for) if valid_for else None,
    )
    options = Options(jobs=jobs or cpus(), factors=chosen_factors(factor, plain=plain))
    with building(f"verifying {environment}") as on_progress:
        made = attest(chosen, options, signing, system=current_system(), on_progress=on_progress)
    if as_json:
        told = {"benign": made.benign.as_object(), "statements": str(made.file)}
        print_json(as_object([made.found]) | told)
    else:
        judged = Judged(found=made.found, benign=made.benign, environment=chosen)
        show(judged, verbose=False, explain=False)
        say(f"signed: {made.file}")
    require_found(chosen, made.found, made.benign)
    sys.exit(accepted(made.found, made.benign).code)
