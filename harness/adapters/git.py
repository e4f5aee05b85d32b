"""Git as libgit2 reads it: files at a revision, without a checkout."""

from pathlib import Path, PurePosixPath

import pygit2

from harness.errors import InputError

_LARGEST = 64 * 2**20


def read_at(repository: Path, revision: str, file: PurePosixPath) -> bytes:
    """Return a file's content at a revision; `file` is relative to `repository`.

    Raises:
        InputError: there is no git repository, revision or file.

    """
    git, prefix = _open(repository)
    try:
        commit = git.revparse_single(revision).peel(pygit2.Commit)
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise InputError(f"{revision}: no such revision in {repository}") from error
    try:
        blob = commit.tree[str(prefix / file)]
    except KeyError as error:
        raise InputError(f"{file}: not there at {revision}") from error
    if not isinstance(blob, pygit2.Blob) or blob.size > _LARGEST:
        raise InputError(f"{file}: not a file of a reasonable size at {revision}")
    return blob.data


def _open(directory: Path) -> tuple[pygit2.Repository, PurePosixPath]:
    """Return the repository around a directory, and the directory's path in it."""
    found = pygit2.discover_repository(str(directory))
    if found is None:
        raise InputError(f"{directory}: not in a git repository, so there are no revisions")
    git = pygit2.Repository(found)
    top = Path(git.workdir or git.path).resolve()
    return git, PurePosixPath(directory.resolve().relative_to(top))
