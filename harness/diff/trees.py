"""Compare two trees on disk: walked side by side, contents read in parallel, nothing kept.

Files of one size are compared byte by byte, which costs less than hashing both; two names of one
file (a hard link) are equal without reading.
"""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from harness.diff.renames import renames
from harness.host import far
from harness.host.files import explained
from harness.host.processors import cpus

_CHUNK = 2**20
_BATCH = 64
PERMISSIONS = 0o7777
EXECUTABLE = 0o100
ONLY_FIRST, ONLY_SECOND = "only in the first", "only in the second"
_KINDS = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISLNK, "link"),
    (stat.S_ISCHR, "character device"),
    (stat.S_ISBLK, "block device"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISSOCK, "socket"),
)
"""All of a mode that a store path has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Different:
    """One path below both roots ("." for the roots): what differs there, with the two values.

    `kind` is "content", "only in the first", "only in the second", "renamed" (`first` and `second`
    are the two paths), "type", "mode", "target" or, of devices, "device".
    """

    path: str
    kind: str
    first: str = ""
    second: str = ""


def compare_trees(first: Path, second: Path, modes: int = PERMISSIONS) -> list[Different]:
    """Return the differences in the order of paths; `modes` are the bits of a mode that count.

    Raises:
        ToolError: a tree cannot be read.

    """
    found: list[Different] = []
    pairs: list[tuple[str, str, str]] = []
    with explained(first):
        found += _walk(str(first), str(second), modes, pairs)
        batches = [pairs[at : at + _BATCH] for at in range(0, len(pairs), _BATCH)]
        with ThreadPoolExecutor(cpus()) as pool:
            for unequal in pool.map(_unequal, batches):
                found += (Different(path=path or ".", kind="content") for path in unequal)
        found = _with_renamed(first, second, found)
    return sorted(found, key=lambda one: one.path)


def _with_renamed(first: Path, second: Path, found: list[Different]) -> list[Different]:
    """Return the differences with what stands under another name told as one, not as two."""
    gone = [one.path for one in found if one.kind == ONLY_FIRST]
    come = [one.path for one in found if one.kind == ONLY_SECOND]
    renamed = renames(first, second, gone, come)
    olds, news = {pair[0] for pair in renamed}, {pair[1] for pair in renamed}
    rest = [
        one
        for one in found
        if not (one.kind == ONLY_FIRST and one.path in olds)
        and not (one.kind == ONLY_SECOND and one.path in news)
    ]
    return [*rest, *(Different(path=a, kind="renamed", first=a, second=b) for a, b in renamed)]


def _walk(
    first: str, second: str, modes: int, pairs: list[tuple[str, str, str]]
) -> Iterator[Different]:
    """Yield what differs but contents; files of one size are added to `pairs`."""
    stack = [(first, second, "")]
    while stack:
        ours, theirs, path = stack.pop()
        one, other = far.at(ours, os.lstat), far.at(theirs, os.lstat)
        if stat.S_IFMT(one.st_mode) != stat.S_IFMT(other.st_mode):
            kinds = (_kind(one.st_mode), _kind(other.st_mode))
            yield Different(path=path or ".", kind="type", first=kinds[0], second=kinds[1])
            continue
        if stat.S_ISLNK(one.st_mode):
            targets = far.at(ours, os.readlink), far.at(theirs, os.readlink)
            if targets[0] != targets[1]:
                yield Different(
                    path=path or ".", kind="target", first=targets[0], second=targets[1]
                )
            continue
        yield from _status(path or ".", one, other, modes)
        if stat.S_ISDIR(one.st_mode):
            yield from _entries(ours, theirs, path, stack)
        elif stat.S_ISREG(one.st_mode) and not os.path.samestat(one, other):
            if one.st_size != other.st_size:
                yield Different(path=path or ".", kind="content")
            else:
                pairs.append((path, ours, theirs))


def _status(
    path: str, one: os.stat_result, other: os.stat_result, modes: int
) -> Iterator[Different]:
    """Yield what the status of two things of one type differs in."""
    if (one.st_mode ^ other.st_mode) & modes:
        bits = [f"{status.st_mode & PERMISSIONS:o}" for status in (one, other)]
        yield Different(path=path, kind="mode", first=bits[0], second=bits[1])
    is_device = stat.S_ISCHR(one.st_mode) or stat.S_ISBLK(one.st_mode)
    if is_device and one.st_rdev != other.st_rdev:
        numbers = [f"{os.major(it.st_rdev)}:{os.minor(it.st_rdev)}" for it in (one, other)]
        yield Different(path=path, kind="device", first=numbers[0], second=numbers[1])


def _entries(
    ours: str, theirs: str, path: str, stack: list[tuple[str, str, str]]
) -> Iterator[Different]:
    one, other = set(far.at(ours, os.listdir)), set(far.at(theirs, os.listdir))
    prefix = f"{path}/" if path else ""
    yield from (Different(path=prefix + name, kind=ONLY_FIRST) for name in one - other)
    yield from (Different(path=prefix + name, kind=ONLY_SECOND) for name in other - one)
    stack += [(f"{ours}/{name}", f"{theirs}/{name}", prefix + name) for name in one & other]


def _kind(mode: int) -> str:
    return next((name for is_one, name in _KINDS if is_one(mode)), "unknown")


def _unequal(pairs: list[tuple[str, str, str]]) -> list[str]:
    """Return the paths of those pairs whose contents differ."""
    ours, theirs = bytearray(_CHUNK), bytearray(_CHUNK)
    return [path for path, one, other in pairs if not _equal(one, other, ours, theirs)]


def _equal(first: str, second: str, ours: bytearray, theirs: bytearray) -> bool:
    with far.at(first, FileIO) as one, far.at(second, FileIO) as other:
        while size := one.readinto(ours):
            if other.readinto(theirs) != size or ours[:size] != theirs[:size]:
                return False
        return not other.read(1)
