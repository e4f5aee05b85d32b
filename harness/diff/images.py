"""Lay out an image's parts by their roles, so that two images can be compared file by file."""

import filecmp
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from harness.container.core.layout import (
    CONFIG,
    MANIFEST,
    aligned,
    is_image,
    layer_ids,
    layer_part,
    parts,
)
from harness.diff.core.image_config import config_level, history_level
from harness.diff.core.image_files import compare_files
from harness.diff.core.image_packages import Versions, package_level
from harness.diff.core.report import Level
from harness.diff.layer_files import Contents, read_contents, read_packages
from harness.documents import document
from harness.errors import InputError, ToolError
from harness.host import tarballs
from harness.host.files import explained
from harness.host.scratch import scratch
from harness.store.nix import STORE

_LAYERS = "layers"
_LARGEST_JSON = 16 * 2**20
_BLOBS = "blobs/sha256"


class _Layout(Protocol):
    """Where an image's files are: a directory or an archive."""

    names: frozenset[str]

    def read(self, name: str) -> bytes:
        """Return a small file; ValueError if it is not one."""

    def real(self, name: str) -> str:
        """Return the one of a file's names that is no link."""

    def place(self, name: str, target: Path) -> None:
        """Put a file at `target`."""


@contextmanager
def laid_out(path: Path, shown: str) -> Iterator[Path | None]:
    """Yield a directory with `config.json`, `layers/001` and so on; None for what is not an image.

    `shown` is what errors call the image.

    Raises:
        InputError: an image names what it does not hold.
        ToolError: it cannot be read.

    """
    with scratch() as top:
        with explained(path), _layout(path) as layout:
            found = layout is not None and _arranged(layout, shown, top / "image")
        yield top / "image" if found else None


@contextmanager
def _layout(path: Path) -> Iterator[_Layout | None]:
    if path.is_dir():
        yield _Directory(path)
    elif path.is_file():
        with tarballs.opened(path) as tarball:
            yield tarball
    else:
        yield None


def _arranged(layout: _Layout, shown: str, target: Path) -> bool:
    def read(name: str) -> Any:
        if name not in layout.names:
            raise ValueError(f"{name} is not there")
        return document.decode(layout.read(name), f"{shown}: {name}")

    if not is_image(layout.names, read):
        return False
    try:
        _place(layout, parts(layout.names, read), target)
    except ValueError as error:
        raise InputError(f"{shown}: no readable image: {error}") from error
    return True


def _place(layout: _Layout, named: Mapping[str, str], target: Path) -> None:
    """Put each part where it belongs; a layer that comes often takes its room once."""
    placed = dict[str, Path]()
    (target / _LAYERS).mkdir(parents=True)
    for part, name in named.items():
        real = layout.real(name)
        if real in placed:
            os.link(placed[real], target / part)
        else:
            layout.place(name, target / part)
            placed[real] = target / part


class _Directory:
    """A layout on disk; what is not a file there is not there.

    A link is not one either, but for a layout in the store, whose layers are store paths.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        blobs = path / _BLOBS
        top = os.scandir(path)
        below = os.scandir(blobs) if blobs.is_dir() else ()
        stored = path.resolve().is_relative_to(STORE)
        files = (one for one in (*top, *below) if _is_file(one, stored=stored))
        self.names = frozenset(os.path.relpath(one.path, path) for one in files)

    def read(self, name: str) -> bytes:
        file = self._path / name
        if file.stat().st_size > _LARGEST_JSON:
            raise ValueError(f"{name}: more than {_LARGEST_JSON} bytes")
        return file.read_bytes()

    def real(self, name: str) -> str:
        return name

    def place(self, name: str, target: Path) -> None:
        try:
            os.link((self._path / name).resolve(), target)
        except OSError:
            shutil.copyfile(self._path / name, target)


def _is_file(entry: os.DirEntry[str], *, stored: bool) -> bool:
    if stored and entry.is_symlink():
        return Path(entry.path).resolve().is_relative_to(STORE) and entry.is_file()
    return entry.is_file(follow_symlinks=False)


@contextmanager
def laid_out_of_engine(reference: str) -> Iterator[Path]:
    """Yield an image that the container engine has, laid out as `laid_out` does it.

    Raises:
        InputError: the engine has no such image.
        ToolError: there is no engine, or the image cannot be read.

    """
    with scratch() as top:
        archive = top / "image.tar"
        from harness.container.engine import connect  # noqa: PLC0415 - slow: the engine's client

        with connect() as engine, explained(archive), archive.open("xb") as file:
            for chunk in engine.save(reference):
                file.write(chunk)
        with laid_out(archive, reference) as image:
            if image is None:
                raise ToolError(f"{reference}: the engine gave what is not an image")
            yield image


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """An image as `laid_out` lays it out, and what errors call it."""

    name: str
    path: Path

    def contents(self) -> Contents:
        """Return what its layers show."""
        with _called(self.name):
            return read_contents(_layer_files(self.path))

    def config(self) -> Any:
        """Return its configuration, which may be any JSON value."""
        with _called(self.name):
            return document.decode(_Directory(self.path).read(CONFIG), CONFIG)


@contextmanager
def _called(name: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def compare_images(first: LaidOut, second: LaidOut, limit: int) -> list[Level]:
    """Say what differs in two images: packages, configuration, files, history.

    Raises:
        InputError: a layer or configuration is damaged, or holds very much.
        ToolError: it cannot be read.

    """
    ours, theirs = (image.contents() for image in (first, second))
    configs = [image.config() for image in (first, second)]
    levels = (
        package_level(ours.packages, theirs.packages),
        config_level(*configs),
        history_level(*configs),
        compare_files(ours.files, theirs.files, limit),
    )
    return [level for level in levels if level]


def packages_in_engine(reference: str) -> Versions:
    """Return the packages that an image of the engine says it has.

    Raises:
        InputError, ToolError: as `laid_out_of_engine` and `compare_images`.

    """
    with laid_out_of_engine(reference) as image, _called(reference):
        return read_packages(_layer_files(image))


def _layer_files(image: Path) -> list[Path]:
    """Return the layers, the lowest first: by number, which has more digits from 1000 on."""
    directory = image / _LAYERS
    with explained(directory):
        return sorted(directory.iterdir(), key=lambda one: int(one.name))


def align(first: Path, second: Path) -> None:
    """Make two images that were laid out alike where only their archives differ.

    Equal layers get equal names, and are one file however each image compresses them. Archives of
    Docker have no manifest: then that of the other is not held against anything.

    Raises:
        ToolError: a file cannot be read or renamed.

    """
    ids = _layers(first), _layers(second)
    numbers = aligned(*ids)
    for image, chosen in zip((first, second), numbers, strict=True):
        with explained(image):
            for at, number in reversed(list(enumerate(chosen, 1))):
                (image / layer_part(at)).rename(image / layer_part(number))
    ours, theirs = ({*zip(*pair, strict=True)} for pair in zip(ids, numbers, strict=True))
    with explained(second):
        for _, number in ours & theirs:
            _unite(first / layer_part(number), second / layer_part(number))
        manifests = [image / MANIFEST for image in (first, second)]
        if not all(manifest.exists() for manifest in manifests):
            for manifest in manifests:
                manifest.unlink(missing_ok=True)


def _unite(ours: Path, theirs: Path) -> None:
    """Make two layers one file if both are the same tar, compressed in two ways."""
    if filecmp.cmp(ours, theirs, shallow=False):
        return
    plain = tarballs.plain_sha256(ours)
    if plain and plain == tarballs.plain_sha256(theirs):
        theirs.unlink()
        os.link(ours, theirs)


def _layers(image: Path) -> list[str]:
    """Return the digests of the layers, none if the image does not tell them rightly."""
    try:
        ids = layer_ids(document.decode(_Directory(image).read(CONFIG), CONFIG))
    except (ValueError, InputError):
        return []
    return ids if all((image / layer_part(at)).exists() for at in range(1, len(ids) + 1)) else []
