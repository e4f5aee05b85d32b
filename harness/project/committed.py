"""A commit's files in the store, at the path that `builtins.fetchGit` gives them.

Only what git tracks is taken, and nothing is checked out: no filter, hook or setting of this
machine has a say. Whatever would make a flake see other files is refused by name.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from harness.errors import InputError, ToolError
from harness.host.files import explained
from harness.host.git import repository_around
from harness.host.scratch import scratch
from harness.project.core.attributes import changing, is_lfs_pointer, is_plain_name
from harness.store.core import nar, storepath
from harness.store.verbs import NIX, Store

_NAME = "source"
_MOST_FILES, _MOST_BYTES, _DEEPEST = 100_000, 2**31, 100
_LARGEST_ATTRIBUTES, _LONGEST_LINK = 2**20, 4095
_POINTERS = 1024
"""Bytes that a pointer of Git LFS has at most."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """What was read of a repository so far, which somebody else may have made."""

    commit: str
    is_flakes: bool
    odb: pygit2.Odb
    files: int = 0
    size: int = 0

    def count(self, size: int) -> None:
        """Count a file or directory; refuse what no repository should hold."""
        self.files, self.size = self.files + 1, self.size + size
        if self.files > _MOST_FILES or self.size > _MOST_BYTES:
            raise InputError(
                f"{self.commit}: more than {_MOST_FILES} files or {_MOST_BYTES >> 20} MiB; "
                "git should not hold data"
            )


def committed(directory: Path, revision: str = "HEAD", *, store: Store = NIX) -> str:
    """Put the files of a commit of the repository around a directory into the store; its path.

    Raises:
        InputError: there is no such commit, or it has what a flake would see otherwise.
        ToolError: git or the store cannot be read, or written.

    """
    try:
        git = repository_around(directory)
        if git is None:
            raise InputError(f"{directory}: not in a git repository; `git init` makes one")
        commit = git.revparse_single(revision).peel(pygit2.Commit)
        tree = tree_of(git, commit, is_flakes=True)
    except (KeyError, ValueError) as error:
        raise InputError(f"{revision}: no such commit in {directory}") from error
    except pygit2.GitError as error:
        raise ToolError(f"{directory}: git cannot read {revision}: {error}") from error
    return added(tree, store)


def tree_of(git: pygit2.Repository, commit: pygit2.Commit, *, is_flakes: bool) -> nar.Directory:
    """Return the files of a commit, read as they are asked for.

    `is_flakes`: a flake is to see the same ones.

    Raises:
        InputError: it has submodules, pointers of Git LFS, or far too much; or a flake would not.

    """
    walk = Walk(commit=str(commit.id), is_flakes=is_flakes, odb=git.odb)
    return _tree(commit.tree, "", walk, 0)


def added(tree: nar.Directory, store: Store) -> str:
    """Put a tree into the store under the name that Nix gives to fetched ones; its path.

    Raises:
        ToolError: the store cannot be read, or written.

    """
    path = storepath.recursive(_NAME, nar.nar_sha256(tree))
    if not store.invalid_paths([path]):
        return path
    with scratch() as top, explained(top):
        _write(tree, os.fsencode(top / _NAME))
        return store.add_fixed_directory(top / _NAME)


def _tree(tree: pygit2.Tree, below: str, walk: Walk, depth: int) -> nar.Directory:
    walk.count(0)
    if depth > _DEEPEST:
        raise InputError(f"{below}: nested too deeply at {walk.commit}")
    entries: dict[bytes, nar.Node] = {}
    for one in tree:
        name = str(one.name)
        place = f"{below}{name}"
        if not is_plain_name(name) or os.fsencode(name) in entries:
            raise InputError(f"{place!r}: not a file's name, at {walk.commit}")
        entries[os.fsencode(name)] = _node(one, place, walk, depth)
    return nar.Directory(entries=entries)


def _node(one: pygit2.Object, place: str, walk: Walk, depth: int) -> nar.Node:
    if isinstance(one, pygit2.Tree):
        return _tree(one, f"{place}/", walk, depth + 1)
    if not isinstance(one, pygit2.Blob):
        raise InputError(f"{place}: a submodule, whose files no commit here holds; add them")
    _, size = walk.odb.read_header(one.id)  # without the content, which may be any size
    walk.count(size)
    require_as_it_is(place, size, lambda: one.data, is_flakes=walk.is_flakes)
    if one.filemode == FileMode.LINK:
        if size > _LONGEST_LINK or b"\0" in one.data:
            raise InputError(f"{place}: a link to no path, at {walk.commit}")
        return nar.Symlink(target=one.data)
    return nar.Regular(
        size=size,
        chunks=lambda: _chunks(one),
        executable=one.filemode == FileMode.BLOB_EXECUTABLE,
    )


def _chunks(blob: pygit2.Blob) -> Iterator[bytes]:
    yield blob.data


def require_as_it_is(
    place: str, size: int, read: Callable[[], bytes], *, is_flakes: bool = True
) -> None:
    """Refuse what is another file where git, or Nix for a flake, writes it.

    Raises:
        InputError: names it, and why.

    """
    if size <= _POINTERS and is_lfs_pointer(read()):
        raise InputError(f"{place}: a pointer of Git LFS, not the file; a flake has no more")
    if not is_flakes or place.rpartition("/")[2] != ".gitattributes":
        return
    if size > _LARGEST_ATTRIBUTES:
        raise InputError(f"{place}: too large")
    if attribute := changing(read()):
        raise InputError(
            f"{place}: {attribute} changes files where they are checked out, so that a flake and "
            "harness would see different ones; take it out"
        )


def _write(node: nar.Node, path: bytes) -> None:
    """Write a tree where nothing is; each directory is new, so no link is written through."""
    if isinstance(node, nar.Directory):
        os.mkdir(path)
        for name, one in node.entries.items():
            _write(one, path + b"/" + name)
    elif isinstance(node, nar.Symlink):
        os.symlink(node.target, path)
    else:
        mode = 0o755 if node.executable else 0o644
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.writelines(node.chunks())
