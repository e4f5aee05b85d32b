"""Copy what checks kept, executed notebooks say, to where a person looks at it."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from harness.build.core.check import CheckResult
from harness.host import foreign
from harness.host.files import explained, replacing


def keep(checks: Sequence[CheckResult], directory: Path) -> list[Path]:
    """Copy the files of each check to a directory of its name; return those directories.

    Raises:
        ToolError: they cannot be written.

    """
    kept = [one for one in checks if one.kept]
    for one in kept:
        _copy(Path(one.kept), directory / one.name)
    return [directory / one.name for one in kept]


def _copy(source: Path, target: Path) -> None:
    """Copy regular files; links are left, for they could lead anywhere."""
    for place, _, names in os.walk(source):
        below = target / Path(place).relative_to(source)
        with explained(below):
            below.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                with foreign.opened(path, str(path)) as read, replacing(below / name) as new:
                    shutil.copyfileobj(read, new)
