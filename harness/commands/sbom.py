"""`harness sbom`."""

from pathlib import Path

import click

from harness.commands.line.environments import completed
from harness.commands.parts.output import print_document
from harness.govern.declared import select
from harness.host.files import write_atomically
from harness.host.processors import current_system


@click.command(
    epilog="""\b
Examples:
  harness sbom serving                           CycloneDX 1.6 in JSON
  harness sbom serving --output serving.cdx.json
The same lock gives the same bytes. `harness fetch` must have brought the wheels.
"""
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the bill here instead of printing it.",
)
def command(environment: str, output: Path | None) -> None:
    """List what an environment is made of: a CycloneDX bill of materials."""
    (selected,) = select([environment])
    from harness.sbom.make import sbom

    made = sbom(selected, system=current_system())
    if output:
        write_atomically(output, made)
    else:
        print_document(made.decode())
