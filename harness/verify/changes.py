"""What differs between two builds on disk: which files, and the decoded fields of one of them.

Formats are read by a process of its own (`harness.readers`).
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.formats.change import Change, Kind, field
from harness.readers.pool import READERS
from harness.store import trees
from harness.store.core.nar import Node, Regular
from harness.verify.core.causes.plan import Key
from harness.verify.core.comparison import ONLY_FIRST, ONLY_REBUILT, compare, divergence
from harness.verify.core.hints import Hint, is_shuffled, order_of
from harness.verify.core.shapes import ANY, Pairing, matching
from harness.verify.core.verdict import Divergence

Trees = Mapping[str, str]
"""The path of each output's tree."""

_SHORT = 1 << 22


def changed(
    first: Trees, second: Trees, pairings: dict[str, Pairing] | None = None
) -> Iterator[Key]:
    """Yield what differs: files, and directories whose entries do.

    With `pairings`, by output, entries whose names differ in a hash are compared as one, whose
    name has `*` in its place.
    """
    for output, path in first.items():
        if output in second and path != second[output]:
            one, other = trees.read(os.fsencode(path)), trees.read(os.fsencode(second[output]))
            pairing = None if pairings is None else pairings.setdefault(output, Pairing())
            places = dict.fromkeys(_places(one, other, pairing))
            yield from ((output, place) for place in places)


def _places(first: Node, second: Node, pairing: Pairing | None) -> Iterator[str]:
    if pairing:
        first, second = pairing.paired(first, second)
        yield from (path or "./" for path in pairing.renamed)
    for difference in compare(first, second, _divergence):
        yield _place(difference.path, difference.kind)


def _place(path: str, kind: str) -> str:
    if kind not in {ONLY_FIRST, ONLY_REBUILT}:
        return path
    return f"{path.rpartition('/')[0] or '.'}/"


def _divergence(first: Regular, second: Regular) -> Divergence | None:
    if first.size != second.size:
        return Divergence(offset=0, first=b"", rebuilt=b"")
    return divergence(iter(first.chunks()), iter(second.chunks()))


def changes(first: Trees, second: Trees, key: Key, most: int) -> list[Change]:
    """Return the first decoded changes of one file; a change of the file itself if it is none."""
    return explained(first, second, key, most)[1]


def explained(first: Trees, second: Trees, key: Key, most: int) -> tuple[str, list[Change]]:
    """Return the name of a file's format, empty where it has none, and its first changes."""
    output, path = key
    if output not in first or output not in second:
        return "", []
    ours, theirs = (_at(tree[output], path) for tree in (first, second))
    if path.endswith("/"):
        return "", [_entries(ours, theirs)]
    if not all(one.is_file() and not one.is_symlink() for one in (ours, theirs)):
        return "", [_change(Kind.PRESENCE, "type or target", _kind(ours), _kind(theirs))]
    if _is_executable(ours) != _is_executable(theirs):
        return "", [_change(Kind.MODE, "executable permission", _kind(ours), _kind(theirs))]
    found = READERS.explained(ours.name if path == "." else path, (ours, theirs), most)
    return found.form, list(found.changes)


def _at(root: str, path: str) -> Path:
    """Return where a path lies in a tree; entries may be named by their shape."""
    place = Path(root)
    for name in [] if path == "." else path.strip("/").split("/"):
        is_shape = ANY in name and place.is_dir() and not (place / name).exists()
        place /= matching(os.listdir(place), name) if is_shape else name
    return place


def are_shuffled(first: Trees, second: Trees, key: Key) -> bool:
    """Return whether a file consists of the same words in both trees; large files are not read."""
    contents = short_contents([first, second], key)
    return bool(contents) and is_shuffled(*contents)


def order(first: Trees, second: Trees, key: Key) -> Hint:
    """Return what may have put the words of a file into another order, if that is all."""
    contents = short_contents([first, second], key)
    return order_of(*contents) if contents else ()


def short_contents(rebuilds: Sequence[Trees], key: Key) -> list[bytes]:
    """Return the contents of a file in all rebuilds; none where one is large, or no file."""
    output, path = key
    if path.endswith("/") or any(output not in tree for tree in rebuilds):
        return []
    files = [_at(tree[output], path) for tree in rebuilds]
    if not all(one.is_file() and _is_short(one) for one in files):
        return []
    return [file.read_bytes() for file in files]


def _is_short(path: Path) -> bool:
    return not path.is_symlink() and path.stat().st_size <= _SHORT


def _entries(ours: Path, theirs: Path) -> Change:
    one, other = ({entry.name for entry in os.scandir(path)} for path in (ours, theirs))
    gone, come = sorted(one - other)[:10], sorted(other - one)[:10]
    return _change(Kind.ENTRIES, "entries of the directory", " ".join(gone), " ".join(come))


def _change(kind: Kind, name: str, first: str, second: str) -> Change:
    return Change(kind=kind, place=field(name), first=first, second=second)


def _kind(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_dir():
        return "directory"
    return ("executable file" if _is_executable(path) else "file") if path.exists() else "nothing"


def _is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o100)
