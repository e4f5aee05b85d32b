"""What is kept of a difference: the rebuilt tree, and the list of files that differ."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from harness.errors import ToolError
from harness.host.files import explained
from harness.host.scratch import scratch
from harness.project import workspace
from harness.store import trees
from harness.store.core.building import PLAIN, Under
from harness.store.core.nar import Regular
from harness.store.derivations import input_paths
from harness.store.verbs import NIX, Store
from harness.verify.core.comparison import compare, divergence
from harness.verify.core.verdict import Divergence, FileDifference

_MOST_LISTED = 1000


def keep_difference(
    first: str, again: Path, kept_below: Path, store: Store = NIX
) -> tuple[tuple[FileDifference, ...], str | None]:
    """Compare a store path with its rebuilt tree; where they differ, copy the latter.

    Returns the differences (at most the first 1,000) and where the copy is: `kept_below`, the
    path's name, `rebuilt`. The first tree stays in the store, held by the root `first` beside it.

    Raises:
        ToolError: a tree cannot be read, or the copy cannot be written.

    """
    found = _compared(first.encode(), bytes(again))
    if not found:
        return (), None
    place = kept_below / Path(first).name
    workspace.remove(place)
    rebuilt = workspace.directory(place) / "rebuilt"
    with explained(place):
        if again.is_dir() and not again.is_symlink():
            shutil.copytree(again, rebuilt, symlinks=True)
        else:
            shutil.copy2(again, rebuilt, follow_symlinks=False)
    store.add_roots(place / "first", [first])
    return found, str(rebuilt)


def _compared(first: bytes, again: bytes) -> tuple[FileDifference, ...]:
    try:
        with explained(Path(os.fsdecode(again))):
            differences = compare(trees.read(first), trees.read(again), _divergence)
            return tuple(islice(differences, _MOST_LISTED))
    except RecursionError as error:
        raise ToolError(f"{os.fsdecode(again)}: nested too deeply to be compared") from error


@contextmanager
def rebuilt_apart(path: str, under: Under = PLAIN, store: Store = NIX) -> Iterator[Path]:
    """Rebuild a derivation in a store of its own, where all outputs stay, and yield its root.

    Raises:
        ToolError: the store cannot be made.
        BuildFailedError: the builder failed.

    """
    inputs = input_paths(store.derivation(path), store.derivation)
    needed = store.requisites([path, *inputs])
    with scratch() as root:
        store.rebuild_apart(path, needed, root, under)
        yield root


def _divergence(first: Regular, second: Regular) -> Divergence | None:
    return divergence(iter(first.chunks()), iter(second.chunks()))
