"""The comparison with production as a part of `harness verify`."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.commands.parts.output import say
from harness.commands.parts.progress import building
from harness.errors import Exit
from harness.govern.core.held import UNBUILT, UNWANTED, Held
from harness.host.processors import current_system
from harness.project.repository import Environment
from harness.shadow.runs import PAGE
from harness.verdict import gravest_code

Compared = dict[str, Held]
"""What came of each environment that env.toml says how to compare, by name."""


def held_against(
    environment: Environment | None, *, wanted: bool, fresh: bool, quiet: bool, built: bool = True
) -> Compared:
    """Compare what was built of an environment with production if env.toml says how.

    What came of it is shown unless `quiet`.
    """
    if environment is None or environment.spec().shadow is None:
        return {}
    name = environment.name
    held = UNBUILT if wanted else UNWANTED
    if wanted and built:
        held = _compared(environment, fresh=fresh)
    if not quiet:
        say(f"{name} against production: {held.verdict}")
        for line in (*held.lines, *([f"run: {held.run}"] if held.run else [])):
            say(f"  {line}")
    return {name: held}


def _compared(environment: Environment, *, fresh: bool) -> Held:
    # Takes a quarter of a second, which environments without production need not wait.
    from harness.shadow.compare import Watch, held_against_production  # noqa: PLC0415

    with building(f"comparing {environment.name}") as on_progress:
        watch = Watch(on_progress=on_progress)
        return held_against_production(
            environment, system=current_system(), fresh=fresh, watch=watch
        )


def reports_of(held: Compared, page: Path) -> dict[str, str]:
    """Return the addresses of the runs' own pages, by environment, as seen from `page`."""
    found = ((name, Path(one.run) / PAGE) for name, one in held.items() if one.run)
    return {
        name: quote(os.path.relpath(report, page.resolve().parent))
        for name, report in found
        if report.is_file()
    }


def with_shadows(report: dict[str, Any], held: Compared) -> dict[str, Any]:
    """Return a report of verification with the comparisons, and the exit code of both."""
    shadows = {
        name: {"judgement": one.judgement, "lines": list(one.lines), "run": one.run}
        for name, one in held.items()
    }
    code = gravest_code([report["exit-code"], shadow_exit_code(held)])
    return report | {"shadow": shadows, "exit-code": code} if held else report


def shadow_exit_code(held: Compared) -> Exit:
    """Return the code of the gravest verdict; 0 of none."""
    return gravest_code(one.exit_code for one in held.values())
