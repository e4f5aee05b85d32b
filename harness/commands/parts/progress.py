"""Progress for a person: on stderr, and only when it is a terminal."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from harness.build import realise


def building(title: str) -> AbstractContextManager[realise.OnProgress]:
    """Show what is being built and how many remain; nothing where nobody looks."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from harness.commands.parts.bar import bar  # noqa: PLC0415 - a tenth of a second, for a terminal only

    return bar(title)


def counting(title: str) -> AbstractContextManager[Callable[[str], None]]:
    """Show how far something without a known end has come; nothing where nobody looks."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from harness.commands.parts.bar import counter  # noqa: PLC0415 - as above

    return counter(title)
