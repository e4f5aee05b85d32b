"""What tests of verification write is in memory where the machine has a file system there.

Results are remembered in files that are synced, and a disk that others keep busy takes longer for
that than all the rest.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_IN_MEMORY = Path("/dev") / "shm"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    place = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as directory:
        yield Path(directory).resolve()
