"""Which of a lock's inputs the store holds, and holding them there."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.adapters import kept, nix
from harness.core.lock import Lock
from harness.core.required import Required, required
from harness.errors import ToolError


def missing(needs: Iterable[Required]) -> list[Required]:
    """Return what the store does not hold.

    Raises:
        ToolError: Nix is missing or does not work.

    """
    known = {need.path: need for need in needs}
    return [known[path] for path in nix.invalid_paths(known)] if known else []


def require_inputs(lock: Lock, system: str, *, environment: str) -> None:
    """Refuse to go on while an input of the system is not in the store.

    Raises:
        InputError: the lock is not for this system.
        ToolError: names the command that fetches what is missing.

    """
    needs = required(lock, [system])
    absent = missing(needs)
    if absent:
        raise ToolError(
            f"{len(absent)} of {len(needs)} inputs are not in the store, such as "
            f"{absent[0].input.file}; run `harness fetch {environment}`"
        )


def hold(directory: Path, paths: Sequence[str]) -> None:
    """Keep exactly these store paths from the garbage collector, by links in `directory`.

    Raises:
        InputError: a link is in the way of `directory`.
        ToolError: a path is not in the store, or a link cannot be made.

    """
    links = kept.roots(directory)
    if set(links.values()) == set(paths):
        return
    nix.add_roots(kept.directory(directory) / "input", paths)
    for name, target in links.items():
        if target not in paths:
            kept.release(directory / name)
