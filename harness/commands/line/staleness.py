"""Which locks are stale, and why: for people and scripts."""

from collections.abc import Iterable

from harness.commands.parts.output import print_json, say
from harness.project.repository import Environment


def say_stale(environments: Iterable[Environment], *, as_json: bool) -> int:
    """Print what is stale of environments, and return the exit code: 1 if anything is."""
    from harness.lock.freshness import stale_reasons

    stale = {environment.name: stale_reasons(environment) for environment in environments}
    if as_json:
        print_json({"stale": {name: reasons for name, reasons in stale.items() if reasons}})
    else:
        for name, reasons in stale.items():
            say(f"{name}  {'; '.join(reasons) or 'fresh'}")
    return 1 if any(stale.values()) else 0
