"""The one place that prints, and what the verbs share in talking to people and scripts.

Names, paths, logs and answers are others': what would steer a terminal is spelt out, whichever verb
prints it. Nothing else writes to stdout or stderr but the bar of progress.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from harness.commands.parts.colours import coloured
from harness.render.printable import printable_json, printable_lines
from harness.render.spelling import spelled_in
from harness.sources.core.notice import Notice
from harness.verdict import Colour, Judgement, Verdict

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else."
)


def say(text: str, *, err: bool = False, marks: Mapping[str, Colour] | None = None) -> None:
    """Print lines for a person, on stdout or stderr.

    `marks` are words that are coloured on a terminal where a line begins with one, or has one after
    the name that it begins with: deeper in a line, and in lines that are indented by more than two
    columns, stands what others say.
    """
    shown = printable_lines(text)
    click.echo(coloured(shown, marks) if marks else shown, err=err)


def say_above(text: str) -> None:
    """Print a line on stderr as it stands now: above the count, where one is shown."""
    sys.stderr.write(printable_lines(text) + "\n")


def say_lines(text: str) -> None:
    """Print lines of which each has its end already; nothing for none."""
    click.echo(printable_lines(text), nl=False)


def say_each(lines: Iterable[str]) -> None:
    """Print lines for a person, verdicts in their colours; nothing for none."""
    marks = {str(one): one.colour for kind in (Verdict, Judgement) for one in kind}
    for line in lines:
        say(line, marks=marks)


def print_json(value: dict[str, Any]) -> None:
    """Print one object, keys in the given order."""
    print_document(json.dumps(spelled_in(value), indent=2, ensure_ascii=False) + "\n")


def print_document(text: str) -> None:
    """Print JSON that was made elsewhere."""
    click.echo(printable_json(text), nl=False)


def waiting_for(environment: str) -> Callable[[], None]:
    """Return what says on stderr that another process changes an environment."""
    said = f"{environment}: another harness is changing it; waiting for that to end"
    return lambda: say(said, err=True)


def warn(notices: Iterable[Notice]) -> list[str]:
    """Say on stderr what a person should know though all went well, and return it for scripts."""
    texts = [notice.text for notice in notices]
    for text in texts:
        say(f"warning: {text}", err=True)
    return texts


def jobs_option(what: str) -> Callable[[click.decorators.FC], click.decorators.FC]:
    """Return the option `--jobs N`."""
    return click.option("--jobs", "-j", type=click.IntRange(1), metavar="N", help=what)
