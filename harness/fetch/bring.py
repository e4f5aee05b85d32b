"""Fetch: what the lock names and the store lacks is downloaded, verified, added and held.

Downloads run in parallel while verified files are added to the store in batches. Every file that
arrives is kept, whatever happens to the others; every problem is told, not only the first. An
interrupted fetch goes on where it was.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, IntegrityError, ToolError, together
from harness.fetch import JOBS
from harness.fetch.downloads import Downloads, OnProgress, downloading, place
from harness.fetch.locate import locate_commits, locate_debs, locate_interpreters, locate_wheels
from harness.fetch.present import hold, missing
from harness.host.files import cache_directory, explained, free_space, lock
from harness.lock.core.required import Required, required
from harness.lock.freshness import require_fresh
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.deb import unpack_seed
from harness.store import nix
from harness.store.core import storepath
from harness.store.trees import nar_sha256
from harness.store.verbs import NIX, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a fetch did: files that were needed, were downloaded, and bytes of the latter."""

    needed: int
    downloaded: int
    size: int


def fetch(
    environments: Sequence[Environment],
    *,
    system: str,
    jobs: int = JOBS,
    on_progress: OnProgress = lambda _: None,
    on_wait: Callable[[], None] = lambda: None,
) -> Fetched:
    """Bring the inputs of environments into the store and hold them there.

    `on_wait` is called when another fetch is running; this one begins when that has ended.

    Raises:
        InputError: a lock is missing, not valid, stale, or not for this system.
        ToolError: a server, the network, the disk or Nix failed; names every file concerned.
        IntegrityError: a file that came is not the one in the lock; names every such file.

    """
    for environment in environments:
        require_fresh(environment)
    needs = {e: required(read_lock(e), [system]) for e in environments}
    every = list({need.path: need for wanted in needs.values() for need in wanted}.values())
    absent = bring(every, jobs=jobs, on_progress=on_progress, on_wait=on_wait)
    for environment, wanted in needs.items():
        hold(environment.roots / "inputs", [need.path for need in wanted])
    return Fetched(
        needed=len(every), downloaded=len(absent), size=sum(need.input.size for need in absent)
    )


def bring(
    needs: Sequence[Required],
    *,
    jobs: int = JOBS,
    on_progress: OnProgress = lambda _: None,
    on_wait: Callable[[], None] = lambda: None,
    store: Store = NIX,
) -> list[Required]:
    """Bring what is missing into the store, without holding it there, and return what that was.

    Arguments and errors are those of `fetch`.
    """
    absent: list[Required] = []
    cache = cache_directory()
    directory = cache / "downloads"
    if missing(needs, store) or any(place(directory, need).exists() for need in needs):
        with lock(cache / "fetch.lock", on_wait=on_wait):
            absent = missing(needs, store)
            _forget(set(needs) - set(absent), directory)
            _require_room(absent)
            with downloading(directory, absent, jobs, on_progress) as downloads:
                _download(absent, downloads, store)
    return absent


def _download(needs: Sequence[Required], downloads: Downloads, store: Store) -> None:
    """Download and add; what is found without asking the index is begun first."""
    problems: list[HarnessError] = []
    for locate in (locate_debs, locate_interpreters, locate_commits, locate_wheels):
        for need, urls in locate(needs).items():
            if isinstance(urls, HarnessError):
                problems.append(urls)
            else:
                downloads.add(need, urls)
    for batch in downloads.batches():
        failed = {need: o for need, o in batch.items() if isinstance(o, HarnessError)}
        problems += [*failed.values(), *_ways_out(failed)]
        problems += _add({need: o for need, o in batch.items() if isinstance(o, Path)}, store)
    if problems:
        raise together(problems)


def _ways_out(failed: Iterable[Required]) -> list[HarnessError]:
    """Return what helps when a lock is older than what mirrors keep; told once for all debs."""
    if not any(isinstance(need.source, LockedDeb) for need in failed):
        return []
    return [
        ToolError(
            "a Debian package that has been superseded leaves the mirrors after a while: name one "
            "that keeps it (an archive mirror) in HARNESS_DEBIAN_MIRROR, or run "
            "`harness lock --update base`"
        )
    ]


def _forget(added: Iterable[Required], directory: Path) -> None:
    """Remove downloads that were added by a run that was killed before it could remove them."""
    for need in added:
        with explained(directory):
            if place(directory, need).exists():
                shutil.rmtree(place(directory, need))


def _require_room(needs: Sequence[Required]) -> None:
    size, free = sum(need.input.size for need in needs), free_space(nix.STORE)
    if size > free:
        raise ToolError(
            f"{nix.STORE}: {size >> 20} MiB are needed and {free >> 20} MiB are free; "
            "make room (`nix-collect-garbage`) and run again"
        )


def _add(arrived: Mapping[Required, Path], store: Store) -> list[HarnessError]:
    """Add verified downloads to the store, remove them from the cache, return what went wrong."""
    files = {need: path for need, path in arrived.items() if not need.is_seed}
    problems: list[HarnessError] = []
    paths = store.add_fixed(files.values()) if files else []
    for need, added in zip(files, paths, strict=True):
        if added != need.path:
            problems.append(IntegrityError(f"{need.input.file}: changed while it was added"))
    for need, path in arrived.items():
        if need.is_seed:
            problems += _add_seed(need, path, store)
        with explained(path):
            shutil.rmtree(path.parent)
    return problems


def _add_seed(need: Required, deb: Path, store: Store) -> list[HarnessError]:
    directory = deb.parent / "seed"
    with explained(directory):
        shutil.rmtree(directory, ignore_errors=True)
        try:
            unpack_seed(deb, directory)
        except IntegrityError as error:
            return [error]
    path = storepath.recursive(directory.name, nar_sha256(directory))
    if path == need.path:
        store.add_fixed_directory(directory)
        return []
    return [
        IntegrityError(
            f"{need.input.file}: unpacks to {path}, the lock says {need.path}; "
            "run `harness lock --update base` and see what changes"
        )
    ]
