"""How `harness verify` shows what is known, as soon as it is."""

from harness.commands.parts.output import say_each
from harness.commands.parts.progress import building
from harness.govern.assess import Watch
from harness.govern.core.detail import Detail
from harness.govern.core.text import comparison_lines, verification_lines


def watch(detail: Detail, *, quiet: bool) -> Watch:
    """Return what shows progress, and unless `quiet` what is known as soon as it is."""
    return Watch(
        doing=building,
        on_verified=lambda known: say_each(() if quiet else verification_lines(known, detail)),
        on_compared=lambda known: say_each(() if quiet else comparison_lines(known)),
    )
