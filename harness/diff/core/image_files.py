"""The files that an image shows: its layers one upon the other, and what differs between two.

Format: OCI image specification 1.1, "Image Layer Filesystem Changeset": `.wh.NAME` hides NAME of
the layers below, `.wh..wh..opq` hides all that they have in its directory. Paths come from the
image and are only ever names here: those that lead out of it are refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate

from harness.diff.core.report import ADDED, REMOVED, Item, Level

_LONGEST_PATH = 4096
_HIDDEN, _OPAQUE = ".wh.", ".wh..wh..opq"
_STORE = re.compile(r"^nix/store/[0-9a-z]{32}-")


class Kind(StrEnum):
    """What a path is; `SAME` is a hard link, which is resolved when layers are laid on."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    DEVICE = "device"
    SAME = "hard link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path of a layer; `size` in bytes, `mode` the permission bits.

    `content` is the sha256 (hex) of a file, the target of a link, and the numbers of a device.
    """

    kind: Kind
    mode: int
    owner: tuple[int, int]
    size: int = 0
    content: str = ""


Files = dict[str, Entry]


def plain_path(name: str) -> str:
    """Return a member's path without leading and doubled slashes and dots; "" is the root.

    Raises:
        ValueError: it leads out of the image, or is longer than paths are.

    """
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts or len(name) > _LONGEST_PATH:
        raise ValueError(f"{name[:200]!r} is not a path inside an image")
    return "/".join(parts)


def lay_on(files: Files, layer: Iterable[tuple[str, Entry]]) -> None:
    """Lay a layer on those below, whose files change in place; paths are as `plain_path` has them.

    What the layer hides and what stands in the place of a directory goes first.
    """
    own, gone, emptied = Files(), set[str](), set[str]()
    for path, entry in layer:
        above, _, name = path.rpartition("/")
        if name == _OPAQUE:
            emptied.add(above)
        elif name.startswith(_HIDDEN):
            gone.add(f"{above}/{name[len(_HIDDEN) :]}".lstrip("/"))
        elif path:
            own[path] = entry
    emptied |= {path for path, entry in own.items() if _ends_directory(files.get(path), entry)}
    _hide(files, gone, emptied)
    for path, entry in own.items():  # a hard link may name one that stands before it
        own[path] = _resolved(entry, own, files)
    files |= own


def _ends_directory(below: Entry | None, entry: Entry) -> bool:
    return below is not None and below.kind is Kind.DIRECTORY and entry.kind is not Kind.DIRECTORY


def _hide(files: Files, gone: set[str], emptied: set[str]) -> None:
    if gone or emptied:
        hidden = [
            path
            for path in files
            if path in gone or any(one in gone or one in emptied for one in _above(path))
        ]
        for path in hidden:
            del files[path]


def _above(path: str) -> Iterator[str]:
    """Yield the directories above a path, the root ("") first."""
    yield ""
    yield from accumulate(path.split("/")[:-1], "{}/{}".format)


def _resolved(entry: Entry, own: Files, below: Files) -> Entry:
    if entry.kind is not Kind.SAME:
        return entry
    target = own.get(entry.content) or below.get(entry.content)
    return target if target and target.kind is not Kind.SAME else replace(entry, size=0)


def compare_files(first: Files, second: Files, limit: int) -> Level | None:
    """Return what differs: first what one side alone has, the largest before; then what changed.

    A tree that one side alone has is one item. Hashes of store paths are left out of names where
    that leaves them apart, so that the same file of two builds is the same path. At most `limit`
    items of each sort are kept; the summary counts all.
    """
    ours, theirs = _named(first), _named(second)
    come = {path: entry for path, entry in theirs.items() if path not in ours}
    gone = {path: entry for path, entry in ours.items() if path not in theirs}
    changed = [
        item
        for path in sorted(ours.keys() & theirs.keys())
        for item in _changed(path, ours[path], theirs[path])
    ]
    if not (come or gone or changed):
        return None
    count = f"{len(come)} paths added, {len(gone)} removed, {len(changed)} changes of others"
    sizes = tuple(sum(entry.size for entry in files.values()) for files in (first, second))
    kept = [*_trees(come, ADDED)[:limit], *_trees(gone, REMOVED)[:limit], *changed[:limit]]
    return Level(name="files", summary=f"{count}; {sizes[0]} → {sizes[1]} bytes", items=tuple(kept))


def _named(files: Files) -> Files:
    named = Files()
    for path, entry in files.items():
        short = _STORE.sub("nix/store/…-", path)
        named[path if short in named else short] = entry
    return named


def _trees(alone: Mapping[str, Entry], field: str) -> list[Item]:
    """Return an item for each topmost path with what is below it, the largest first."""
    sums: dict[str, tuple[int, int]] = {}
    for path, entry in alone.items():
        top = next((one for one in _above(path) if one in alone), path)
        count, size = sums.get(top, (0, 0))
        sums[top] = count + 1, size + entry.size
    items = []
    for path, (count, size) in sorted(sums.items(), key=lambda one: (-one[1][1], one[0])):
        below = f" in {count} paths" if count > 1 else ""
        told = f"{size} bytes{below}"
        first, second = ("", told) if field == ADDED else (told, "")
        items.append(Item(subject=path, field=field, first=first, second=second))
    return items


def _changed(path: str, one: Entry, other: Entry) -> Iterator[Item]:
    if one.kind is not other.kind:
        yield Item(subject=path, field="kind", first=one.kind, second=other.kind)
        return
    if one.content != other.content:
        is_file = one.kind is Kind.FILE
        values = [
            f"{e.size} bytes, {e.content[:16]}" if is_file else e.content for e in (one, other)
        ]
        field = "content" if is_file else str(one.kind)
        yield Item(subject=path, field=field, first=values[0], second=values[1])
    if one.mode != other.mode and one.kind is not Kind.LINK:
        yield Item(subject=path, field="mode", first=f"{one.mode:04o}", second=f"{other.mode:04o}")
    if one.owner != other.owner:
        owners = ["{}:{}".format(*entry.owner) for entry in (one, other)]
        yield Item(subject=path, field="owner", first=owners[0], second=owners[1])
