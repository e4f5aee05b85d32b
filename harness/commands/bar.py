"""The bar that shows a build's progress."""

from collections.abc import Iterator
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
