"""`harness add`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.commands.line.environments import completed
from harness.commands.parts.output import json_option, print_json, say, waiting_for, warn
from harness.govern.declared import repository, select
from harness.host.processors import current_system

if TYPE_CHECKING:
    from harness.lock.core.weight import Weight
    from harness.lock.make import Locked


@click.command(
    epilog="""\b
Examples:
  harness add serving polars                 any version that fits the rest
  harness add serving 'numpy>=2,<3' pillow   what is locked already stays where it fits
  harness add serving -r requirements.txt    what a file asks for, within its hashes
"""
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.argument("requirements", nargs=-1, metavar="[REQUIREMENT]...")
@click.option(
    "-r", "file", type=click.Path(path_type=Path), metavar="FILE", help="A requirements file."
)
@json_option
def command(
    environment: str, requirements: tuple[str, ...], file: Path | None, as_json: bool
) -> None:
    """Add requirements to an environment's env.toml and lock it again."""
    if not requirements and file is None:
        raise click.UsageError("name requirements, or a file with -r")
    found = repository()
    (chosen,) = select((environment,), found)
    from harness.build.backends import ask
    from harness.commands.parts.libraries import told_ahead
    from harness.lock.foreign import Wishes, wishes_of
    from harness.lock.requirements import add

    asked = wishes_of(file, found.root, requirements) if file else Wishes(requirements=requirements)
    urls, on_wait = found.settings.record_urls, waiting_for(environment)
    locked = add(chosen, asked, record_urls=urls, on_wait=on_wait, ask=ask)
    warnings = warn(locked.notices) + told_ahead(chosen)
    weight = _weight(locked)
    packages = len(locked.lock.packages)
    if as_json:
        print_json(
            {
                "environment": environment,
                "added": list(asked.requirements),
                "packages": packages,
                "bytes": weight.size,
                "new-bytes": weight.new,
                "large": [asdict(one) for one in weight.large],
                "warnings": warnings,
            }
        )
        return
    say(
        f"{environment}  added {', '.join(asked.requirements)}: {packages} packages locked, "
        f"{weight.size / 1e6:.1f} MB, {weight.new / 1e6:.1f} MB of it new"
    )
    for one in weight.large:
        say(f"  {one.name} {one.version}: {one.size / 1e6:.0f} MB")


def _weight(locked: "Locked") -> "Weight":
    """Return what is to be downloaded for this machine, or else the first that is locked for."""
    from harness.lock.core.weight import weigh

    systems = sorted(locked.lock.targets, key=lambda one: one != current_system())
    return weigh(locked.lock, locked.previous, systems[0])
