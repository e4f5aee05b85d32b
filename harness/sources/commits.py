"""Packages by commit: a repository's commit, fetched by libgit2 and packed as an sdist.

libgit2 runs no hook, filter or helper, and git's own hash of the commit says what it holds; nothing
is checked out. A repository is kept in the user's cache, by its address.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.remotes import TransferProgress

from harness.errors import InputError, ToolError
from harness.host.files import cache_directory, explained, lock, write_atomically
from harness.project.committed import tree_of
from harness.project.core.addressed import Commit
from harness.render.address import shown
from harness.sources.core.listed import SHA256, Listed, as_input
from harness.sources.core.source_archive import packed, stated_version
from harness.store.core import storepath
from harness.store.core.nar import Directory

_MOST_BYTES, _SECONDS = 2**31, 600
_SILENCE = 60
"""Seconds that a server may say nothing in."""
_EVERYTHING = "+refs/*:refs/fetched/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The sdist of a commit: its version, where it is on this machine, and what is known of it."""

    version: str
    path: Path
    listed: Listed


def archived(name: str, commit: Commit) -> Archived:
    """Pack a commit's files where a fetch looks for them; the same commit is the same bytes.

    Raises:
        InputError: there is no such commit, or it is none of the package by what it states.
        ToolError: the repository cannot be reached or read.

    """
    where = f"{name}: {shown(commit.url)} at {commit.commit}"
    try:
        with _repository(commit) as git:
            found = git[commit.commit].peel(pygit2.Commit)
            tree = _below(tree_of(git, found, is_flakes=False), commit.directory, where)
            version = stated_version(tree, name, where)
            file, data = packed(tree, name, version)
    except (KeyError, ValueError) as error:
        raise InputError(f"{where}: the repository has no such commit") from error
    except pygit2.GitError as error:
        raise ToolError(f"{where}: {error}") from error
    sha256 = hashlib.sha256(data).hexdigest()
    listed = Listed(file=file, hashes={SHA256: sha256}, url=commit.url, size=len(data))
    stored = as_input(listed).store_name
    path = cache_directory() / "downloads" / Path(storepath.flat(stored, sha256)).name / stored
    with explained(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, data)
    return Archived(version=version, path=path, listed=listed)


def _below(tree: Directory, directory: str, where: str) -> Directory:
    for name in filter(None, directory.split("/")):
        one = tree.entries.get(name.encode())
        if not isinstance(one, Directory):
            raise InputError(f"{where}: there is no directory {directory}")
        tree = one
    return tree


@contextmanager
def _repository(commit: Commit) -> Iterator[pygit2.Repository]:
    """Yield a repository of the cache that has the commit, if that can be had."""
    name = hashlib.sha256(commit.url.encode()).hexdigest()[:32]
    directory = cache_directory() / "repositories" / name
    with explained(directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock(directory):
        git = pygit2.init_repository(str(directory), bare=True)
        for refspec in (commit.commit, _EVERYTHING):
            if commit.commit not in git:
                _fetch(git, commit, refspec)
        yield git


def _fetch(git: pygit2.Repository, commit: Commit, refspec: str) -> None:
    """Fetch one commit alone, or everything from a server that gives none by its number."""
    remote = git.remotes.create_anonymous(commit.url)
    is_whole = refspec == _EVERYTHING
    settings = pygit2.Settings()
    settings.server_connect_timeout = settings.server_timeout = _SILENCE * 1000
    try:
        remote.fetch([refspec], callbacks=_Bounded(), depth=0 if is_whole else 1, proxy=True)
    except pygit2.GitError:
        if is_whole:
            raise


class _Bounded(pygit2.RemoteCallbacks):
    """Ends a transfer that takes too long or brings too much, and knows no credentials."""

    def __init__(self) -> None:
        super().__init__()
        self._until = time.monotonic() + _SECONDS

    def sideband_progress(self, string: str) -> None:
        """Raise ToolError once what the server tells meanwhile is too much."""
        self._require(len(string))

    def transfer_progress(self, stats: TransferProgress) -> None:
        """Raise ToolError once a bound is passed."""
        self._require(stats.received_bytes)

    def _require(self, size: int) -> None:
        if size > _MOST_BYTES or time.monotonic() > self._until:
            raise ToolError(f"more than {_MOST_BYTES >> 20} MiB, or {_SECONDS} s")
