"""`harness tool kernel`."""

import click

from harness.build.kernel import install
from harness.commands.line.environments import completed
from harness.commands.parts.output import json_option, print_json, say
from harness.govern.declared import select


@click.command(
    epilog="""\b
Examples:
  harness add science ipykernel    what the kernel needs
  harness tool kernel science      Jupyter and VS Code then offer "science"
"""
)
@click.argument("environment", metavar="ENV", shell_complete=completed)
@click.option("--name", metavar="NAME", help="The kernel's name (default: harness-ENV).")
@json_option
def command(environment: str, name: str | None, as_json: bool) -> None:
    """Install a Jupyter kernel that starts in an environment.

    It is written to your own Jupyter directory; `jupyter kernelspec remove` removes it.
    """
    (chosen,) = select((environment,))
    directory = install(chosen, name=name)
    if as_json:
        print_json({"environment": environment, "kernel": str(directory)})
    else:
        say(f"installed {directory}")
