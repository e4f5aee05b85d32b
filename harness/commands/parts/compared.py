"""How `harness shadow` shows how far a comparison is, and what it came to."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness.commands.parts.output import print_json, say, say_each
from harness.commands.parts.progress import building
from harness.shadow.compare import AskedAgain, Shadowed, Watch, from_directory
from harness.shadow.core.again import asked_again
from harness.shadow.core.result import ShadowResult, as_object
from harness.shadow.core.text import summary


@contextmanager
def watching(name: str, *, as_json: bool) -> Iterator[Watch]:
    """Show how far a comparison is, and its result as soon as it is there."""
    with building(f"building {name}") as on_progress:
        yield Watch(
            on_progress=on_progress, on_step=_say, on_result=partial(_show_whole, as_json=as_json)
        )


def show_earlier(directory: Path, *, as_json: bool) -> Shadowed:
    """Judge an earlier comparison again, from its directory, and print what it comes to."""
    done = Shadowed(result=from_directory(directory), directory=directory)
    _show(done.result, as_json=as_json)
    return done


def show_again(again: AskedAgain) -> int:
    """Print how one request was answered now; return whether the candidate differs."""
    say("\n".join(asked_again(again.request, again.played, again.reasons)))
    return 1 if again.reasons else 0


def _show_whole(result: ShadowResult, directory: Path, *, as_json: bool) -> None:
    if not as_json:
        say(f"comparison: {directory}")
    _show(result, as_json=as_json)


def _show(result: ShadowResult, *, as_json: bool) -> None:
    if as_json:
        print_json(as_object(result))
    else:
        say_each(summary(result))


def _say(step: str) -> None:
    """Tell a person who waits what is done next."""
    if sys.stderr.isatty():
        say(f"harness: {step}", err=True)
