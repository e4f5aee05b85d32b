"""A group of commands, each in a module of its own that is imported when it is asked for."""

from collections.abc import Mapping
from typing import Any

import click


class Group(click.Group):
    """A group whose commands stand in modules of a package, a name each, as `command`.

    `sections` are the names by what one wants to do, each with a line of help: no module is
    imported to list them.
    """

    def __init__(
        self, *, package: str, sections: Mapping[str, Mapping[str, str]], **rest: Any
    ) -> None:
        super().__init__(**rest)
        self._package = package
        self._sections = sections

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return every name, in the order of the help."""
        return [name for section in self._sections.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, if there is one."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = __import__(f"{self._package}.{cmd_name}", fromlist=["command"])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the names below what one wants to do."""
        for title, commands in self._sections.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))
