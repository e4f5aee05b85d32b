"""`harness shell`."""

import click

from harness.adapters.host import current_system
from harness.commands.progress import building
from harness.flows.repository import find_repository
from harness.flows.shell import enter


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  harness shell serving                       an interactive shell
  harness shell serving -- python train.py    one command, its exit status
""",
)
@click.argument("environment", metavar="ENV")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD...]")
def command(environment: str, words: tuple[str, ...]) -> None:
    """Enter an environment, or run one command in it; what is not built is built first."""
    (chosen,) = find_repository().select((environment,))
    with building(f"building {environment}") as on_progress:
        run = enter(chosen, words, system=current_system(), on_progress=on_progress)
    run()
