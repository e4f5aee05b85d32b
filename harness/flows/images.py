"""Lay out an image's parts by their roles, so that two images can be compared file by file."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from harness.adapters import tarballs
from harness.adapters.files import explained
from harness.core.image_layout import CONFIG, aligned, is_image, layer_ids, layer_part, parts
from harness.core.statements import document
from harness.errors import InputError

_LARGEST_JSON = 16 * 2**20
_BLOBS = "blobs/sha256"


class _Layout(Protocol):
    """Where an image's files are: a directory or an archive."""

    names: frozenset[str]

    def read(self, name: str) -> bytes:
        """Return a small file; ValueError if it is not one."""

    def place(self, name: str, target: Path) -> None:
        """Put a file at `target`."""


@contextmanager
def laid_out(path: Path) -> Iterator[Path | None]:
    """Yield a directory with `config.json`, `layers/001` and so on; None for what is no image.

    Raises:
        InputError: an image names what it does not hold.
        ToolError: it cannot be read.

    """
    with TemporaryDirectory(prefix="harness-", ignore_cleanup_errors=True) as name:
        with explained(path), _layout(path) as layout:
            found = layout is not None and _arranged(layout, path, Path(name) / "image")
        yield Path(name) / "image" if found else None


@contextmanager
def _layout(path: Path) -> Iterator[_Layout | None]:
    if path.is_dir():
        yield _Directory(path)
    elif path.is_file():
        with tarballs.opened(path) as tarball:
            yield tarball
    else:
        yield None


def _arranged(layout: _Layout, path: Path, target: Path) -> bool:
    def read(name: str) -> Any:
        if name not in layout.names:
            raise ValueError(f"{name} is not there")
        return document.decode(layout.read(name), f"{path}: {name}")

    if not is_image(layout.names, read):
        return False
    try:
        for part, name in parts(layout.names, read).items():
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            layout.place(name, target / part)
    except ValueError as error:
        raise InputError(f"{path}: no readable image: {error}") from error
    return True


class _Directory:
    """A layout on disk; what is not a file there (a link, say) is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        blobs = path / _BLOBS
        top = os.scandir(path)
        below = os.scandir(blobs) if blobs.is_dir() else ()
        files = (one for one in (*top, *below) if one.is_file(follow_symlinks=False))
        self.names = frozenset(os.path.relpath(one.path, path) for one in files)

    def read(self, name: str) -> bytes:
        file = self._path / name
        if file.stat().st_size > _LARGEST_JSON:
            raise ValueError(f"{name}: more than {_LARGEST_JSON} bytes")
        return file.read_bytes()

    def place(self, name: str, target: Path) -> None:
        try:
            os.link(self._path / name, target)
        except OSError:
            shutil.copyfile(self._path / name, target)


def align(first: Path, second: Path) -> None:
    """Rename the layers of two images that were laid out, so that equal ones have equal names.

    Raises:
        ToolError: a file cannot be renamed.

    """
    numbers = aligned(_layers(first), _layers(second))
    for image, chosen in zip((first, second), numbers, strict=True):
        with explained(image):
            for at, number in reversed(list(enumerate(chosen, 1))):
                (image / layer_part(at)).rename(image / layer_part(number))


def _layers(image: Path) -> list[str]:
    """Return the digests of the layers, none if the image does not tell them rightly."""
    try:
        ids = layer_ids(document.decode(_Directory(image).read(CONFIG), CONFIG))
    except (ValueError, InputError):
        return []
    return ids if all((image / layer_part(at)).exists() for at in range(1, len(ids) + 1)) else []
