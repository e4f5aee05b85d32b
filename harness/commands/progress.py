"""Progress for a person: on stderr, and only when it is a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.flows import build


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
