"""Which paths of one tree stand in another under another name: files and whole directories.

What has the same bytes is the same thing renamed. Only what could be is read: a file is hashed if
the other side has one of its size, a directory if there is one of the same outline.
"""

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from harness.errors import ToolError
from harness.formats.nearest import nearest
from harness.host import far
from harness.store import trees

_MOST = 20_000
"""Paths that only one side has, above which none is looked at."""

Key = Callable[[Path], str | None]


def renames(
    first: Path, second: Path, gone: Sequence[str], come: Sequence[str]
) -> list[tuple[str, str]]:
    """Return pairs of paths, of those in the first tree only and in the second only.

    Directories are paired before files, and then the files within those that are left. Empty files
    are all alike and are paired with none.

    Raises:
        OSError, ToolError: something cannot be read.

    """
    found: list[tuple[str, str]] = []
    for expand in (False, True):
        ours = list(_left(first, gone, {one for one, _ in found}, expand=expand))
        theirs = list(_left(second, come, {other for _, other in found}, expand=expand))
        if max(len(ours), len(theirs)) > _MOST:
            break
        for pairs in _alike(first, second, ours, theirs):
            found += nearest(*pairs)
    return found


def _left(root: Path, paths: Iterable[str], done: set[str], *, expand: bool) -> Iterator[str]:
    """Yield the paths that are not paired; with `expand` the files within directories instead."""
    for path in paths:
        if path in done:
            continue
        if not expand or not _is_directory(root / path):
            yield path
            continue
        found = sorted((below, mode) for _, below, mode in far.walked(root / path))
        yield from (f"{path}/{below}" for below, mode in found if not stat.S_ISDIR(mode))


def _alike(
    first: Path, second: Path, ours: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the paths of both sides that have the same content."""
    for one, other in _grouped(first, second, ours, theirs, _outline):
        yield from _grouped(first, second, one, other, _digest)


def _grouped(
    first: Path, second: Path, ours: Iterable[str], theirs: Iterable[str], key: Key
) -> Iterator[tuple[list[str], list[str]]]:
    groups: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, (root, paths) in enumerate(((first, ours), (second, theirs))):
        for path in paths:
            if (value := key(root / path)) is not None:
                groups[value][side].append(path)
    yield from ((one, other) for one, other in groups.values() if one and other)


def _outline(path: Path) -> str | None:
    """Return what can be told without reading a content; None for what is never renamed."""
    status = far.at(str(path), os.lstat)
    if stat.S_ISREG(status.st_mode):
        return f"file {status.st_size}" if status.st_size else None
    if not stat.S_ISDIR(status.st_mode):
        return None
    lines = sorted(f"{below} {_size(whole)}" for whole, below, _ in far.walked(path))
    digest = hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()
    return f"directory {digest}" if lines else None


def _size(path: str) -> str:
    status = far.at(path, os.lstat)
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return f"{stat.S_IFMT(status.st_mode):o} {size}"


def _digest(path: Path) -> str | None:
    """Return what stands for a content; None for a directory that is too deep to be hashed."""
    try:
        return trees.nar_sha256(path)
    except ToolError:
        return None


def _is_directory(path: Path) -> bool:
    return stat.S_ISDIR(far.at(str(path), os.lstat).st_mode)
