"""`harness tool`."""

import click

from harness.commands.line.group import Group
from harness.commands.tools import SECTIONS


@click.group(cls=Group, package="harness.commands.tools", sections=SECTIONS)
def command() -> None:
    """Set up what works with harness: editors, shells, flakes."""
