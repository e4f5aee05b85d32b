"""Progress for a person: on stderr, and only when it is a terminal."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.build.realise import OnProgress


def building(title: str) -> "AbstractContextManager[OnProgress]":
    """Show what is being built and how many remain; nothing where nobody looks."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from harness.commands.parts.bar import bar

    return bar(title)


def counting(title: str) -> AbstractContextManager[Callable[[str], None]]:
    """Show how far something without a known end has come; nothing where nobody looks."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from harness.commands.parts.bar import counter

    return counter(title)
