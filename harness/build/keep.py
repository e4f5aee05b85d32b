"""Copy what checks kept, executed notebooks say, to where a person looks at it."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from harness.build.core.check import CheckResult
from harness.errors import InputError
from harness.host import foreign
from harness.host.files import explained, replacing


def keep(checks: Sequence[CheckResult], directory: Path) -> list[Path]:
    """Copy the files of each check to a directory of its name; return those directories.

    Raises:
        InputError: there is a link in place of a directory.
        ToolError: they cannot be written.

    """
    kept = [one for one in checks if one.kept]
    for one in kept:
        _require_no_link(directory)
        _copy(Path(one.kept), directory / one.name)
    return [directory / one.name for one in kept]


def _copy(source: Path, target: Path) -> None:
    """Copy regular files; links are left, for they could lead anywhere."""
    for place, _, names in os.walk(source):
        below = target / Path(place).relative_to(source)
        _require_no_link(below)
        with explained(below):
            below.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                with foreign.opened(path, str(path)) as read, replacing(below / name) as new:
                    shutil.copyfileobj(read, new)


def _require_no_link(directory: Path) -> None:
    """Refuse a link, which a repository may bring: what a check left would be written anywhere."""
    if directory.is_symlink():
        raise InputError(f"{directory}: a link, and nothing is kept behind one; remove it")
