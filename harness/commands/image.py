"""`harness image`."""

from dataclasses import asdict
from pathlib import Path

import click

from harness.commands.line.environments import completed
from harness.commands.line.own import dirty_option
from harness.commands.line.taken import warn_of_taken
from harness.commands.parts.output import jobs_option, json_option, print_json, say
from harness.commands.parts.progress import building
from harness.container.core.archive import Format
from harness.govern.declared import select
from harness.host.processors import current_system

_MIB = 2**20


@click.command(
    epilog="""\b
Examples:
  harness image serving --load                            into this machine's engine
  harness image serving --output serving.tar              an OCI archive
  harness image serving --push registry.example/serving:1 to a registry, by skopeo
"""
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.option("--load", "loads", is_flag=True, help="Load the image into the container engine.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the image as an archive.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default=Format.OCI.value,
    show_default=True,
    help="Kind of archive: oci, or docker for `docker load` of older engines.",
)
@click.option("--push", "reference", metavar="REFERENCE", help="Copy the image to a registry.")
@dirty_option
@jobs_option("Derivations built at once (default: Nix's own setting).")
@json_option
def command(
    environment: str,
    loads: bool,
    output: Path | None,
    form: str,
    reference: str | None,
    dirty: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Build the image of an environment: the same digest on every machine."""
    (selected,) = select([environment])
    from harness.image.make import image_of, load, push, save

    warn_of_taken([selected], "image")
    with building(f"building the image of {environment}") as on_progress:
        built = image_of(
            selected, system=current_system(), jobs=jobs, dirty=dirty, on_progress=on_progress
        )
    if loads:
        load(built)
    if output is not None:
        save(built, output, Format(form))
    if reference is not None:
        push(built, reference)
    if as_json:
        print_json({"layout": str(built.layout), "size": built.image.size, **asdict(built.image)})
        return
    image, layout = built.image, built.layout
    say(f"{image.tag}  {layout}\ndigest {image.digest}\nid     {image.id}")
    say(f"{len(image.layers)} layers, {image.size / _MIB:.1f} MiB")
