"""`harness tool completion`."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from harness.commands.parts.output import say_lines

_SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "fish": FishComplete,
    "zsh": ZshComplete,
}


@click.command(
    epilog="""\b
Examples:
  eval "$(harness tool completion bash)"                      in ~/.bashrc
  eval "$(harness tool completion zsh)"                       in ~/.zshrc
  harness tool completion fish > ~/.config/fish/completions/harness.fish
"""
)
@click.argument("shell", type=click.Choice(sorted(_SHELLS)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options and environments."""
    cli = context.find_root().command
    say_lines(_SHELLS[shell](cli, {}, "harness", "_HARNESS_COMPLETE").source() + "\n")
