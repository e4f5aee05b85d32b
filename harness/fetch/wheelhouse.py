"""A wheelhouse: a directory from which any installer can install the environment, offline.

It holds the wheels from the store and a pylock.toml whose `path` is the bare file name, so
`pip install --no-index -r DIR/pylock.toml` and `uv pip install` read it. No other file is touched.
"""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

from harness.errors import InputError
from harness.fetch import LOCK_NAME
from harness.host import foreign
from harness.host.files import explained, replacing, write_atomically
from harness.lock.core.pylock import encode_lock
from harness.lock.core.required import files
from harness.lock.core.values import Lock, Package
from harness.store.core import storepath
from harness.store.verbs import NIX, Store


def fill(directory: Path, lock: Lock, system: str, *, store: Store = NIX) -> int:
    """Copy what is not there yet out of the store, and return how many files there are.

    Raises:
        InputError: the directory has another file under one of the names.
        ToolError: it cannot be written, or a file is not in the store.

    """
    chosen = files(lock, system)
    text = encode_lock(without_urls(lock))
    written = directory / LOCK_NAME
    with explained(directory):
        directory.mkdir(parents=True, exist_ok=True)
        absent = [wheel for wheel in chosen if not _is_there(directory / wheel.file, wheel.sha256)]
        is_written = _is_there(written, hashlib.sha256(text).hexdigest())
    for wheel in absent:
        stored = store.place(storepath.flat(wheel.store_name, wheel.sha256))
        _copy(stored, directory / wheel.file)
    if not is_written:
        write_atomically(written, text)
    return len(chosen)


def without_urls(lock: Lock) -> Lock:
    """Return the lock with every wheel named by its file alone."""
    return replace(lock, packages=tuple(_without_urls(package) for package in lock.packages))


def _without_urls(package: Package) -> Package:
    return replace(
        package,
        wheels=tuple(replace(wheel, url=None) for wheel in package.wheels),
        sdist=replace(package.sdist, url=None) if package.sdist else None,
    )


def _is_there(path: Path, sha256: str) -> bool:
    if not path.exists():
        return False
    with foreign.opened(path, str(path)) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
            return True
    raise InputError(f"{path}: another file is there; remove it or choose another directory")


def _copy(stored: Path, path: Path) -> None:
    with explained(stored), stored.open("rb") as file, replacing(path) as new:
        shutil.copyfileobj(file, new)
