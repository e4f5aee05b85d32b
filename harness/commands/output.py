"""What the verbs share in talking: one JSON object, progress for a terminal, tables for people."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.flows import build

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else."
)


def print_json(value: dict[str, Any]) -> None:
    """Print one object, keys in the given order."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def jobs_option(what: str) -> Callable[[click.decorators.FC], click.decorators.FC]:
    """Return the option `--jobs N`."""
    return click.option("--jobs", "-j", type=click.IntRange(1), metavar="N", help=what)


@contextmanager
def building(title: str) -> Iterator[build.OnProgress]:
    """Show what is being built and how many remain, on stderr and only on a terminal."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}"),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(title, total=None, name="")

        def on_progress(at: build.Progress) -> None:
            bar.update(task, completed=at.begun, total=at.planned, name=at.name)

        yield on_progress
