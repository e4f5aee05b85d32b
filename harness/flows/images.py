"""Lay out an image's parts by their roles, so that two images can be compared file by file."""

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.adapters.files import explained
from harness.core.image_layout import parts
from harness.errors import InputError

_MARKS = ("index.json", "manifest.json")
_LARGEST_JSON = 16 * 2**20
_LARGEST = 64 * 2**30
_MOST = 10_000


@contextmanager
def laid_out(path: Path) -> Iterator[Path]:
    """Yield a directory with `config.json`, `layers/001` and so on; another path as it is.

    Raises:
        InputError: an image names what it does not hold, or is too large.
        ToolError: it cannot be read.

    """
    with TemporaryDirectory(prefix="harness-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        with explained(path):
            layout = _layout(path, directory)
            if layout is None:
                yield path
                return
            try:
                yield _arranged(layout, directory / "image")
            except ValueError as error:
                raise InputError(f"{path}: no readable image: {error}") from error


def _layout(path: Path, directory: Path) -> Path | None:
    """Return the directory that holds the layout, unpacked if it is an archive."""
    if path.is_dir():
        return path if any((path / mark).is_file() for mark in _MARKS[:1]) else None
    if not path.is_file() or not tarfile.is_tarfile(path):
        return None
    with tarfile.open(path) as archive:
        members = [member for _, member in zip(range(_MOST), archive, strict=False)]
        if not any(os.path.normpath(member.name) in _MARKS for member in members):
            return None
        if sum(member.size for member in members) > _LARGEST:
            raise InputError(f"{path}: more than {_LARGEST >> 30} GiB unpacked")
        files = [member for member in members if member.isreg() or member.isdir()]
        archive.extractall(directory / "layout", files, filter="data")
    return directory / "layout"


def _arranged(layout: Path, target: Path) -> Path:
    def read(name: str) -> Any:
        file = layout / name
        if name not in names or file.stat().st_size > _LARGEST_JSON:
            raise ValueError(f"{name} is not there, or too large")
        return json.loads(file.read_bytes())

    files = (one for one in layout.rglob("*") if one.is_file() and not one.is_symlink())
    names = frozenset(str(one.relative_to(layout)) for one in files)
    for part, name in parts(names, read).items():
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        _place(layout / name, target / part)
    return target


def _place(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
