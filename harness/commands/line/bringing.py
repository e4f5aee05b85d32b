"""Downloading what locks name, as `harness fetch` does, and as verbs that lock do when asked to."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness.commands.parts.output import say
from harness.govern.declared import select
from harness.host.processors import current_system

if TYPE_CHECKING:
    from harness.fetch.bring import Fetched
    from harness.project.repository import Environment


def fetched(
    environments: "Sequence[Environment]", jobs: int | None = None
) -> "tuple[Fetched, dict[str, object], str]":
    """Download the inputs of environments, and what the shim is made of.

    Return what was fetched, the facts of libraries, and why the shim cannot be made, if so.

    Raises:
        InputError, ToolError, IntegrityError: as `harness.fetch.bring.fetch`.

    """
    from harness.commands.parts.libraries import told
    from harness.commands.parts.transfer import fetch_shim, fetching
    from harness.fetch import JOBS
    from harness.fetch.bring import fetch

    system = current_system()
    with fetching() as (on_progress, on_wait):
        done = fetch(
            environments,
            system=system,
            jobs=jobs or JOBS,
            on_progress=on_progress,
            on_wait=on_wait,
        )
        compiler = fetch_shim(system, on_progress)
    return done, told(environments), compiler


def say_compiler(problem: str) -> None:
    """Say what follows from a shim that cannot be made, if it cannot."""
    if problem:
        say(f"without what the shim is made of, few factors can be moved: {problem}", err=True)


def bring(names: Iterable[str], *, quietly: bool) -> None:
    """Fetch the inputs of environments, as they are locked now, and say how much that was.

    Raises:
        InputError, ToolError, IntegrityError: as `fetched`.

    """
    done, _, compiler = fetched(select([*names]))
    say_compiler(compiler)
    if not quietly:
        size = done.size / 1e6
        say(f"{done.needed} inputs in the store, {done.downloaded} of them new ({size:.1f} MB)")
