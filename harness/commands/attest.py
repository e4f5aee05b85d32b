"""`harness attest`."""

import sys
from datetime import timedelta

import click

from harness.commands.line.environments import completed
from harness.commands.line.own import dirty_option
from harness.commands.parts.factors import Moved, factor_options
from harness.commands.parts.output import jobs_option, json_option, print_json, say_each
from harness.commands.parts.progress import building
from harness.commands.parts.signing import Signer, signing_options
from harness.govern.declared import repository, select
from harness.host.processors import cpus, current_system


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
@click.argument("environment", metavar="ENV", shell_complete=completed)
@factor_options
@signing_options
@dirty_option
@jobs_option("Rebuilds at once (default: one a CPU).")
@json_option
def command(
    environment: str,
    moved: Moved,
    signer: Signer,
    dirty: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Verify an environment afresh; sign what it was built from, what was found, what it holds."""
    signer.require_one()
    found = repository()
    (chosen,) = select([environment], found)
    from harness.attest.sign import Signing, attest
    from harness.build.own import require_committed
    from harness.govern.assess import known_of
    from harness.govern.core.report import as_object
    from harness.govern.core.text import verification_lines
    from harness.verify.rebuild import Options

    require_committed(chosen, dirty=dirty)
    key = signer.chosen_key()
    signing = Signing(
        key=key,
        directory=signer.output or found.root / ".harness" / "statements",
        valid_for=timedelta(days=signer.valid_for) if signer.valid_for else None,
    )
    options = Options(jobs=jobs or cpus(), factors=moved.factors())
    with building(f"verifying {environment}") as on_progress:
        made = attest(chosen, options, signing, system=current_system(), on_progress=on_progress)
    known = known_of(chosen, made.found, made.benign)
    if as_json:
        print_json(as_object([known]) | {"statements": str(made.file)})
    else:
        say_each((*verification_lines(known), f"signed: {made.file}"))
    known.require_waivers_found()
    sys.exit(known.code)
