"""What shows progress on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.build import realise
from harness.render.printable import printable


@contextmanager
def bar(title: str) -> Iterator[realise.OnProgress]:
    """Show what is being built and how many remain, on stderr."""
    columns = (
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(printable(title), total=None, name="")

        def on_progress(at: realise.Progress) -> None:
            shown.update(task, completed=at.begun, total=at.planned, name=printable(at.name))

        yield on_progress


@contextmanager
def counter(title: str) -> Iterator[Callable[[str], None]]:
    """Show for how long something goes on, and how far it is said to have come, on stderr."""
    columns = (
        TextColumn("{task.description}", style="bold", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[at]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(printable(title), total=None, at="")
        yield lambda at: shown.update(task, at=printable(at))
