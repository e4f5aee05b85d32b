"""The one door to temporary directories: each is noted before it is made, and gone at the end."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.host import far
from harness.host.files import Kind, explained, noted

PREFIX = "harness-"


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a directory for this user alone, below TMPDIR.

    What cannot be removed at the end stays noted.

    Raises:
        ToolError: it cannot be made.

    """
    directory = Path(tempfile.gettempdir(), f"{PREFIX}{secrets.token_hex(8)}")
    with noted(Kind.DIRECTORY, str(directory)):
        with explained(directory):
            directory.mkdir(mode=0o700)
        try:
            yield directory
        finally:
            remove(directory)


def remove(directory: Path) -> None:
    """Remove a directory with all that is in it, also what is read-only; links are not followed.

    What belongs to other users, as builders, may stay.
    """
    far.remove(directory, lenient=True)
