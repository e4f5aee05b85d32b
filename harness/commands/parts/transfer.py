"""A fetch's progress for a person: on stderr, and only when it is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar

from harness.build.toolchain import fetch_compiler
from harness.errors import HarnessError
from harness.fetch.downloads import OnProgress, Progress


@contextmanager
def fetching() -> Iterator[tuple[OnProgress, Callable[[], None]]]:
    """Show files, bytes, rate and time left, and that another fetch is waited for."""
    columns = (
        TextColumn("[bold]fetching"),
        BarColumn(),
        TextColumn("{task.description} files"),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("0", total=None)

        def on_progress(at: Progress) -> None:
            files = f"{at.files}/{at.all_files}"
            bar.update(task, completed=at.size, total=at.all_size, description=files)

        def on_wait() -> None:
            console.print("another harness is fetching; waiting for it to end")

        yield on_progress, on_wait


def fetch_shim(system: str, on_progress: OnProgress) -> str:
    """Fetch what the shim is made of, which environments do without; return what went wrong."""
    try:
        fetch_compiler(system, on_progress=on_progress)
    except HarnessError as error:
        return str(error)
    return ""
