"""Where a local flake's source is: a directory as it is, or what git tracks, read without git.

git obeys the configuration of the tree that it runs in, and filters, monitors and helpers that it
names are programs; libgit2 starts none. What git tracks is copied as it lies in the working tree,
or as it was at a revision, and links are copied, never followed.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pygit2

from harness.errors import InputError, ToolError
from harness.host.files import explained
from harness.host.git import repository_around
from harness.host.scratch import scratch

_FLAKE = "flake.nix"
_LINK, _EXECUTABLE, _MODULE = 0o120000, 0o100755, 0o160000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What fetchTree takes for a flake, where it is in that, and what `self` says besides."""

    tree: str | Mapping[str, Any]
    directory: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def of_directory(directory: Path) -> Source:
    """Return a directory as it is, all files in it."""
    return Source(tree={"type": "path", "path": str(directory.absolute())})


@contextmanager
def found(start: Path) -> Iterator[Source]:
    """Yield the flake around a directory: what git tracks, where it is in a working tree.

    Raises:
        InputError: there is none, or git does not track it.
        ToolError: it cannot be read.

    """
    start = start.resolve()
    around = (one for one in (start, *start.parents) if (one / _FLAKE).is_file())
    directory = next(around, None)
    if directory is None:
        raise InputError(f"{start}: no {_FLAKE} there or above")
    git = _repository(directory)
    if git is None or git.is_bare:
        yield of_directory(directory)
        return
    with _copied(git, "") as source:
        below = str(directory.relative_to(Path(git.workdir).resolve()))
        yield Source(tree=source.tree, facts=source.facts, directory="" if below == "." else below)


@contextmanager
def of_git(directory: Path, revision: str) -> Iterator[Source]:
    """Yield what git tracks in a repository, or what it had at a revision.

    Raises:
        InputError: there is no repository or revision.
        ToolError: it cannot be read.

    """
    git = _repository(directory)
    if git is None:
        raise InputError(f"{directory}: not in a git repository")
    with _copied(git, revision or ("HEAD" if git.is_bare else "")) as source:
        yield source


def _repository(directory: Path) -> pygit2.Repository | None:
    """Return the repository around a directory, whose configuration may not lead elsewhere."""
    try:
        git = repository_around(directory)
    except pygit2.GitError as error:
        raise ToolError(f"{directory}: git's repository cannot be read: {error}") from error
    if git and not git.is_bare:
        top = Path(git.workdir).resolve()
        if not os.path.lexists(top / ".git") or not directory.resolve().is_relative_to(top):
            raise InputError(f"{directory}: git's configuration puts its files elsewhere, {top}")
    return git


@contextmanager
def _copied(git: pygit2.Repository, revision: str) -> Iterator[Source]:
    with scratch() as top:
        target = top / "source"
        target.mkdir()
        try:
            commit = _commit(git, revision)
            if revision:
                if commit is None:
                    raise InputError(f"{revision}: no such revision in {git.path}")
                _write_tree(commit.tree, target)
            else:
                _copy_tracked(git, target)
            facts = _facts(git, commit, is_clean=bool(revision) or not _is_dirty(git))
        except pygit2.GitError as error:
            raise ToolError(f"{git.path}: git's repository cannot be read: {error}") from error
        yield Source(tree={"type": "path", "path": str(target)}, facts=facts)


def _commit(git: pygit2.Repository, revision: str) -> pygit2.Commit | None:
    try:
        return git.revparse_single(revision or "HEAD").peel(pygit2.Commit)
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _is_dirty(git: pygit2.Repository) -> bool:
    return bool(git.status(untracked_files="no"))


def _facts(
    git: pygit2.Repository, commit: pygit2.Commit | None, *, is_clean: bool
) -> dict[str, Any]:
    """Return what Nix's own fetcher says of a tree that git tracks."""
    if commit is None:
        return {"lastModified": 0, "lastModifiedDate": _date(0), "submodules": False}
    number = str(commit.id)
    known: dict[str, Any] = {
        "lastModified": commit.commit_time,
        "lastModifiedDate": _date(commit.commit_time),
        "submodules": False,
    }
    if not is_clean:
        return known | {"dirtyRev": f"{number}-dirty", "dirtyShortRev": f"{number[:7]}-dirty"}
    count = sum(1 for _ in git.walk(commit.id))
    return known | {"rev": number, "shortRev": number[:7], "revCount": count}


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S")


def _copy_tracked(git: pygit2.Repository, target: Path) -> None:
    top = Path(os.path.realpath(git.workdir))
    for entry in git.index:
        _require_plain(entry.path.split("/"))
        path, place = top / entry.path, target / entry.path
        with explained(path):
            if not os.path.lexists(path) or os.path.realpath(path.parent) != str(path.parent):
                continue
            if os.path.lexists(place):  # in conflict, it comes several times
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():
                place.symlink_to(path.readlink())
            elif path.is_file():
                shutil.copyfile(path, place)
                place.chmod(path.stat().st_mode & 0o777 | 0o600)
            elif path.is_dir():
                place.mkdir(exist_ok=True)


def _require_plain(parts: Sequence[str]) -> None:
    """Refuse names that lead out of a tree; git makes none, who writes its files by hand can."""
    if any(part in {"", ".", "..", ".git"} or "/" in part for part in parts):
        raise InputError(f"{'/'.join(parts)!a}: git's repository has a name that none may have")


def _write_tree(tree: pygit2.Tree, target: Path) -> None:
    for entry in tree:
        _require_plain([str(entry.name)])
        place = target / str(entry.name)
        if os.path.lexists(place):
            raise InputError(f"{str(entry.name)!a}: git's repository has it twice in one tree")
        if isinstance(entry, pygit2.Tree):
            place.mkdir()
            _write_tree(entry, place)
        elif isinstance(entry, pygit2.Blob) and entry.filemode == _LINK:
            place.symlink_to(os.fsdecode(entry.data))
        elif isinstance(entry, pygit2.Blob):
            place.write_bytes(entry.data)
            place.chmod(0o755 if entry.filemode == _EXECUTABLE else 0o644)
        else:
            place.mkdir()
