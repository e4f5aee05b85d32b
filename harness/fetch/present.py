"""Which of a lock's inputs the store holds, and holding them there."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.errors import IntegrityError, ToolError
from harness.host import processors
from harness.lock.core.required import Required, required, wheels
from harness.lock.core.values import Lock
from harness.project import workspace
from harness.store.core import storepath
from harness.store.core.derivation import Derivation
from harness.store.verbs import NIX, Store


def missing(needs: Iterable[Required], store: Store = NIX) -> list[Required]:
    """Return what the store does not hold.

    Raises:
        ToolError: Nix is missing or does not work.

    """
    known = {need.path: need for need in needs}
    return [known[path] for path in store.invalid_paths(known)] if known else []


def require_inputs(
    lock: Lock, system: str, *, environment: str, store: Store = NIX
) -> list[Required]:
    """Return the inputs of the system; refuse to go on while one is not in the store.

    Raises:
        InputError: the lock is not for this system.
        ToolError: names the command that fetches what is missing.

    """
    needs = [*required(lock, [system])]
    absent = missing(needs, store)
    if absent:
        raise ToolError(
            f"{len(absent)} of {len(needs)} inputs are not in the store, such as "
            f"{absent[0].input.file}; run `harness fetch {environment}`"
        )
    return needs


def broken_inputs(lock: Lock, system: str, store: Store = NIX) -> list[str]:
    """Return the inputs in the store that do not have the lock's own hash, whatever Nix recorded.

    Raises:
        InputError: the lock is not for this system.
        ToolError: one cannot be read.

    """
    needs = required(lock, [system])
    absent = {*missing(needs, store)}
    return changed_inputs(lock, system, [need for need in needs if need not in absent], store)


def changed_inputs(
    lock: Lock, system: str, needs: Iterable[Required], store: Store = NIX
) -> list[str]:
    """Return those of a system's inputs that are gone, or do not have the lock's own hash.

    Raises:
        ToolError: one cannot be read.

    """
    seed = lock.targets[system].seed.nar_sha256

    def holds(need: Required) -> bool:
        if not store.is_there(need.path):
            return False
        if need.is_seed:
            return store.nar_sha256(need.path) == seed
        return store.file_sha256(need.path) == need.input.sha256

    with ThreadPoolExecutor(processors.cpus()) as pool:
        checked = [*needs]
        whole = zip(checked, pool.map(holds, checked), strict=True)
        return [need.path for need, holds_still in whole if not holds_still]


def require_locked(
    environment: str, lock: Lock, system: str, closure: Iterable[Derivation], *, whole: bool
) -> None:
    """Refuse a closure of derivations that is built from other files than the lock says.

    Nix reads the lock by itself, and what it made of that is compared with what Python reads there,
    which is what was fetched, checked and is billed. `whole`: they need every wheel of the system.

    Raises:
        InputError: the lock is not for this system.
        IntegrityError: a file that is not in the lock, or not all of its wheels.

    """
    found = {output.path for one in closure if one.is_fixed for output in one.outputs.values()}
    needs = {need.path for need in required(lock, [system])}
    due = {storepath.flat(w.store_name, w.sha256) for w in wheels(lock, system)} if whole else set()
    if wrong := sorted(found - needs):
        raise IntegrityError(
            f"{environment}: Nix would build from {wrong[0]}, which the lock does not name; "
            f"run `harness lock {environment}`"
        )
    if left_out := sorted(due - found):
        raise IntegrityError(
            f"{environment}: Nix would build without {left_out[0]}, which the lock names; "
            f"run `harness lock {environment}`"
        )


def hold(directory: Path, paths: Sequence[str], store: Store = NIX) -> None:
    """Keep exactly these store paths from the garbage collector, by links in `directory`.

    Raises:
        InputError: a link is in the way of `directory`.
        ToolError: a path is not in the store, or a link cannot be made.

    """
    links = workspace.roots(directory)
    if set(links.values()) == set(paths):
        return
    store.add_roots(workspace.directory(directory) / "input", paths)
    for name, target in links.items():
        if target not in paths:
            workspace.release(directory / name)
