"""Words in colours, on a terminal of a person who has not asked for none."""

import os
import re
import sys
from collections.abc import Mapping

import click

from harness.verdict import Colour

_INKS: Mapping[Colour, str] = {"good": "green", "bad": "red", "open": "yellow"}


def coloured(text: str, marks: Mapping[str, Colour]) -> str:
    """Return lines with the words that they begin with in colours, if these are wanted."""
    return "\n".join(_line(line, marks) for line in text.split("\n")) if _wanted() else text


def _wanted() -> bool:
    """Return whether stdout is a terminal, of a person who did not ask for no colours."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout.isatty()


def _line(line: str, marks: Mapping[str, Colour]) -> str:
    words = "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))
    found = re.match(rf"( {{0,2}}|\S+: )({words})(?=[ :]|$)", line)
    if not found:
        return line
    word = click.style(found[2], fg=_INKS[marks[found[2]]], bold=True)
    return f"{found[1]}{word}{line[found.end() :]}"
