"""What git tracks of a working tree, in the store: the files that a flake sees, and no others.

Without changes that is the commit; else what is tracked is taken as it is now, staged or not, at
the path that Nix gives to the files of a dirty flake.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, FileStatus

from harness.errors import InputError, ToolError
from harness.host.files import explained
from harness.host.git import repository_around
from harness.project.committed import Walk, added, committed, require_as_it_is
from harness.project.core.attributes import is_plain_name
from harness.store.core import nar
from harness.store.verbs import NIX, Store

_CHUNK, _DEEPEST = 2**20, 100
_NEW = FileStatus.WT_NEW | FileStatus.IGNORED


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """A working tree: where it begins, and what in it is no commit's.

    `changed` are the tracked files that differ from the commit; `untracked` what git neither tracks
    nor ignores, both relative to `top`.
    """

    top: Path
    has_commit: bool
    changed: tuple[str, ...]
    untracked: tuple[str, ...]


def work_tree(directory: Path) -> WorkTree:
    """Return the working tree around a directory.

    Raises:
        InputError: there is no repository with one.
        ToolError: git cannot read it.

    """
    with _read(directory) as git:
        status = git.status(untracked_files="normal")
        return WorkTree(
            top=Path(git.workdir).resolve(),
            has_commit=not git.head_is_unborn,
            changed=tuple(sorted(path for path, flags in status.items() if flags & ~_NEW)),
            untracked=tuple(
                sorted(path for path, flags in status.items() if flags == FileStatus.WT_NEW)
            ),
        )


def stored(tree: WorkTree, *, store: Store = NIX) -> str:
    """Put what git tracks of a working tree into the store; its path.

    Raises:
        InputError: it has what a flake would see otherwise.
        ToolError: git, a file or the store cannot be read, or written.

    """
    if tree.has_commit and not tree.changed:
        return committed(tree.top, store=store)
    with _read(tree.top) as git:
        return added(_tree(git, tree.top), store)


@contextmanager
def _read(directory: Path) -> Iterator[pygit2.Repository]:
    try:
        git = repository_around(directory)
        if git is None or git.workdir is None:
            raise InputError(f"{directory}: not in a git repository; `git init` makes one")
        yield git
    except pygit2.GitError as error:
        raise ToolError(f"{directory}: git cannot read what it tracks: {error}") from error


def _tree(git: pygit2.Repository, top: Path) -> nar.Directory:
    git.index.read()
    if git.index.conflicts is not None:
        raise InputError(f"{top}: a merge has conflicts; resolve them")
    walk, root = Walk(commit=str(top), is_flakes=True, odb=git.odb), _Names()
    for entry in git.index:
        if node := _node(top, entry, walk):
            *above, name = str(entry.path).split("/")
            place = root
            for step in above:
                place = place.directories.setdefault(os.fsencode(step), _Names())
            place.nodes[os.fsencode(name)] = node
    return root.directory()


@dataclass(slots=True)
class _Names:
    """A directory that is not complete yet."""

    directories: "dict[bytes, _Names]" = field(default_factory=dict)
    nodes: dict[bytes, nar.Node] = field(default_factory=dict)

    def directory(self) -> nar.Directory:
        """Return it as it is now; what is both a file and a directory is the file."""
        below = {name: one.directory() for name, one in self.directories.items()}
        return nar.Directory(entries={**below, **self.nodes})


def _node(top: Path, entry: pygit2.IndexEntry, walk: Walk) -> nar.Node | None:
    """Return what is at a tracked file's place now; None where it was removed."""
    name = str(entry.path)
    steps = name.split("/")
    if not all(map(is_plain_name, steps)) or len(steps) > _DEEPEST:
        raise InputError(f"{name!r}: not a file's name, or nested too deeply")
    if entry.mode == FileMode.COMMIT:
        raise InputError(f"{name}: a submodule, whose files no commit here holds; add them")
    path = top / name
    if any((top / Path(*steps[:end])).is_symlink() for end in range(1, len(steps))):
        return None
    with explained(path):
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        walk.count(found.st_size)
        if stat.S_ISLNK(found.st_mode):
            return nar.Symlink(target=os.fsencode(os.readlink(path)))
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{name}: no file any more; `git rm` it, or put it back")
        require_as_it_is(name, found.st_size, lambda: b"".join(_chunks(path)))
    return nar.Regular(
        size=found.st_size,
        chunks=lambda: _chunks(path),
        executable=bool(found.st_mode & stat.S_IXUSR),
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with explained(path):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
