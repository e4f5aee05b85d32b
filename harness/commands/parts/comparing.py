"""What `harness shadow` compares with what, in place of what env.toml says, and how it is shown."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from harness.commands.line.packed import packed
from harness.commands.parts.output import print_json, say, say_each
from harness.commands.parts.progress import building
from harness.shadow.compare import AskedAgain, Options, Watch
from harness.shadow.core.again import asked_again
from harness.shadow.core.result import ShadowResult, as_object
from harness.shadow.core.text import summary

comparing_options = packed(
    "options",
    Options,
    click.option("--production", metavar="IMAGE", help="In place of the one in env.toml."),
    click.option(
        "--candidate", metavar="IMAGE", help="Image to compare (default: the environment's own)."
    ),
    click.option(
        "--recording",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="In place of the one in env.toml.",
    ),
    click.option(
        "--fixed",
        type=click.IntRange(1),
        metavar="N",
        help="Send exactly N requests, however clear the result.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        metavar="N",
        help="Seed of the arms' drawn order: the same seed gives the same order.",
    ),
)


@contextmanager
def watching(name: str, *, as_json: bool) -> Iterator[Watch]:
    """Show how far a comparison is, and its result as soon as it is there."""
    with building(f"building {name}") as on_progress:
        yield Watch(
            on_progress=on_progress, on_step=_say, on_result=partial(_show_whole, as_json=as_json)
        )


def show_result(result: ShadowResult, *, as_json: bool) -> None:
    """Print what a comparison came to."""
    if as_json:
        print_json(as_object(result))
    else:
        say_each(summary(result))


def show_again(again: AskedAgain) -> int:
    """Print how one request was answered now; return whether the candidate differs."""
    say("\n".join(asked_again(again.request, again.played, again.reasons)))
    return 1 if again.reasons else 0


def _show_whole(result: ShadowResult, directory: Path, *, as_json: bool) -> None:
    if not as_json:
        say(f"comparison: {directory}")
    show_result(result, as_json=as_json)


def _say(step: str) -> None:
    """Tell a person who waits what is done next."""
    if sys.stderr.isatty():
        say(f"harness: {step}", err=True)
