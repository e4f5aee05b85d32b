"""`harness fetch`."""

from pathlib import Path
from typing import Any

import click

from harness.commands.line.environments import completed
from harness.commands.parts.output import jobs_option, json_option, print_json, say
from harness.errors import InputError
from harness.fetch import JOBS, LOCK_NAME
from harness.govern.declared import select
from harness.host.processors import current_system


@click.command(
    epilog=f"""\b
Examples:
  harness fetch                             the inputs of every environment
  harness fetch serving --wheelhouse wheels
  pip install --no-index -r wheels/{LOCK_NAME}
"""
)
@click.argument("environments", nargs=-1, metavar="[ENV]...", shell_complete=completed)
@click.option(
    "--wheelhouse",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Also fill DIR with the wheels of one environment and a {LOCK_NAME} that names them.",
)
@jobs_option(f"Downloads at once (default: {JOBS}).")
@json_option
def command(
    environments: tuple[str, ...], wheelhouse: Path | None, jobs: int | None, as_json: bool
) -> None:
    """Download what locks name into the Nix store: verified, and resumed where it was."""
    chosen = select(environments)
    if wheelhouse and len(chosen) != 1:
        raise InputError("--wheelhouse holds one environment; name it")
    from harness.commands.line.bringing import fetched, say_compiler
    from harness.fetch.wheelhouse import fill
    from harness.lock.read import read_lock

    done, libraries, compiler = fetched(chosen, jobs)
    result: dict[str, Any] = {"inputs": done.needed, "downloaded": done.downloaded}
    result |= {"bytes": done.size, "libraries": libraries}
    if wheelhouse:
        result["wheels"] = fill(wheelhouse, read_lock(chosen[0]), current_system())
    if as_json:
        print_json(result)
        return
    say(
        f"{done.needed} inputs in the store, {done.downloaded} of them downloaded now "
        f"({done.size / 1e6:.1f} MB)"
    )
    if wheelhouse:
        say(f"{result['wheels']} wheels in {wheelhouse}")
    say_compiler(compiler)
