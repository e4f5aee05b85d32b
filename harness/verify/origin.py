"""Where a report comes from: when and where it was made, by which harness, from which revision."""

import platform
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.errors import HarnessError
from harness.render.junit import Ran
from harness.render.opening import Made


def made_here() -> Made:
    """Return it for the current directory; a revision that cannot be read is left out."""
    from harness.project.revision import revision  # noqa: PLC0415 - slow: libgit2

    found = None
    with suppress(HarnessError):
        found = revision(Path.cwd())
    return Made(
        at=datetime.now(UTC).isoformat(sep=" ", timespec="minutes").replace("+00:00", " UTC"),
        harness=__version__,
        commit=found.commit if found else "",
        dirty=bool(found and found.dirty),
    )


def ran_since(began: datetime) -> Ran:
    """Return when, how long and where tests ran that began then and have ended now."""
    seconds = (datetime.now(UTC) - began).total_seconds()
    return Ran(at=began, seconds=seconds, host=platform.node())
