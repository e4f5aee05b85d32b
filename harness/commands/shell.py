"""`harness shell`."""

from pathlib import Path

import click

from harness.commands.line.environments import completed
from harness.commands.parts.output import say
from harness.commands.parts.progress import building
from harness.govern import declared
from harness.govern.declared import select
from harness.host.processors import current_system


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  harness shell serving                       an interactive shell
  harness shell serving -- python train.py    one command, its exit status
  harness shell --pure serving -- pytest      with nothing of this machine on PATH
""",
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD...]")
@click.option("--pure", is_flag=True, help="Hide the machine's own programs and variables.")
@click.option(
    "--repository",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The repository around DIR (default: around the current directory).",
)
def command(environment: str, words: tuple[str, ...], pure: bool, repository: Path | None) -> None:
    """Enter an environment, or run one command in it; what is not built is built first."""
    words = words[1:] if words[:1] == ("--",) else words
    (chosen,) = select((environment,), declared.repository(repository))
    from harness.build.shell import enter, seal

    with building(f"building {environment}") as on_progress:
        entry = enter(chosen, words, system=current_system(), on_progress=on_progress, pure=pure)
    for warning in filter(None, (*entry.warnings, seal())):
        say(warning, err=True)
    entry.run()
