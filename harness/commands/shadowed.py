"""The comparison with production as a part of `harness verify`."""

from typing import Any

import click

from harness.adapters.host import current_system
from harness.commands.progress import building
from harness.core.evidence.finding import EXIT_CODES, gravest
from harness.flows.repository import Environment
from harness.flows.shadow import Held, Watch, held_against_production

Compared = dict[str, Held]
"""What came of each environment that was compared, by name."""


def held_against(
    environment: Environment | None, *, wanted: bool, fresh: bool, quiet: bool
) -> Compared:
    """Compare an environment with production if env.toml says how; show it unless `quiet`."""
    if environment is None or environment.spec().shadow is None:
        return {}
    name = environment.name
    if not wanted:
        if not quiet:
            click.echo(f"{name}: not compared with production: --no-shadow")
        return {}
    with building(f"comparing {name}") as on_progress:
        watch = Watch(on_progress=on_progress)
        held = held_against_production(
            environment, system=current_system(), fresh=fresh, watch=watch
        )
    if not quiet:
        click.echo(f"{name} against production: {held.judgement}")
        for line in held.lines:
            click.echo(f"  {line}")
    return {name: held}


def with_shadows(report: dict[str, Any], held: Compared) -> dict[str, Any]:
    """Return a report of verification with the comparisons, and the exit code of both."""
    shadows = {
        name: {
            "judgement": one.judgement,
            "lines": list(one.lines),
            "run": str(one.directory) if one.directory else None,
        }
        for name, one in held.items()
    }
    code = report["exit-code"] or shadow_exit_code(held)
    return report | {"shadow": shadows, "exit-code": code} if held else report


def shadow_exit_code(held: Compared) -> int:
    """Return the code of the gravest verdict; 0 of none."""
    found = gravest(one.judgement for one in held.values())
    return EXIT_CODES[found] if found else 0
