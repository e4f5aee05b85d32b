"""Git as libgit2 reads it: files at a revision, without a checkout, and what it does not track."""

from pathlib import Path, PurePosixPath

import pygit2
from pygit2.enums import DescribeStrategy

from harness.errors import InputError, ToolError
from harness.host.checkouts import require_own

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


def require_ignored(path: Path) -> None:
    """Refuse a place for private files that git does not ignore; outside of git there are no rules.

    What git may track goes to others, and into the store, which everybody can read. Of `path` only
    a parent must be there.

    Raises:
        InputError: it lies in a repository that does not ignore it.
        ToolError: there is a repository that cannot be read.

    """
    path = path.resolve()
    around = next(parent for parent in path.parents if parent.is_dir())
    try:
        git = repository_around(around)
        if git is None or git.workdir is None:
            return
        top = Path(git.workdir).resolve()
        if not path.is_relative_to(top) or git.path_is_ignored(str(path.relative_to(top))):
            return
    except pygit2.GitError as error:
        raise ToolError(f"{path}: git cannot say whether it ignores it: {error}") from error
    raise InputError(
        f"{path}: what is recorded of production does not belong among tracked sources; choose "
        f"another place, or name this one in {top / '.gitignore'}"
    )


def repository_around(directory: Path) -> pygit2.Repository | None:
    """Return the innermost repository that a directory is in, or None outside of git.

    Raises:
        InputError: its git directory is another checkout's.
        ToolError, pygit2.GitError: it cannot be read.

    """
    # pygit2.discover_repository gives away a reference to None that it does not have, each time it
    # finds nothing: after some thousand times Python ends.
    for parent in (directory.resolve(), *directory.resolve().parents):
        if (parent / ".git").exists() or _is_bare(parent):
            require_own(parent)
            return pygit2.Repository(str(parent))
    return None


def _is_bare(directory: Path) -> bool:
    return (directory / "HEAD").is_file() and (directory / "objects").is_dir()


def _open(directory: Path) -> tuple[pygit2.Repository, PurePosixPath]:
    """Return the repository around a directory, and the directory's path in it."""
    git = repository_around(directory)
    if git is None:
        raise InputError(f"{directory}: not in a git repository, so there are no revisions")
    top = Path(git.workdir or git.path).resolve()
    return git, PurePosixPath(directory.resolve().relative_to(top))


def described(directory: Path) -> str | None:
    """Return what `git describe --tags --long` says of HEAD; None outside of git.

    Where no tag leads to it, it is the abbreviated commit alone.

    Raises:
        ToolError: git cannot say it.

    """
    try:
        git = repository_around(directory)
        if git is None or git.head_is_unborn:
            return None
        return git.describe(
            describe_strategy=DescribeStrategy.TAGS,
            always_use_long_format=True,
            show_commit_oid_as_fallback=True,
        )
    except pygit2.GitError as error:
        raise ToolError(f"{directory}: git cannot describe HEAD: {error}") from error


def tracked_below(directory: Path) -> list[str]:
    """Return the paths of what git tracks below a directory, relative to that; none outside of git.

    Raises:
        ToolError: there is a repository that cannot be read.

    """
    try:
        git = repository_around(directory)
        if git is None or git.workdir is None:
            return []
        above = directory.resolve().relative_to(Path(git.workdir).resolve())
        prefix = "" if above == Path() else f"{above}/"
        paths = (str(one.path) for one in git.index)
        return [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    except pygit2.GitError as error:
        raise ToolError(f"{directory}: git cannot list what it tracks: {error}") from error
