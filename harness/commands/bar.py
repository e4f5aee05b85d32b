"""What shows progress on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.flows import build


@contextmanager
def bar(title: str) -> Iterator[build.OnProgress]:
    """Show what is being built and how many remain, on stderr."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None, name="")

        def on_progress(at: build.Progress) -> None:
            shown.update(task, completed=at.begun, total=at.planned, name=at.name)

        yield on_progress


@contextmanager
def counter(title: str) -> Iterator[Callable[[str], None]]:
    """Show for how long something goes on, and how far it is said to have come, on stderr."""
    columns = (
        TextColumn("[bold]{task.description}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[at]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None, at="")
        yield lambda at: shown.update(task, at=at)
