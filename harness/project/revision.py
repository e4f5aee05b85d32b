"""The source revision of a directory, as libgit2 reads it, and whether the files are at it."""

from pathlib import Path

import pygit2

from harness.errors import ToolError
from harness.host.git import repository_around
from harness.project.core.revision import Revision


def revision(directory: Path) -> Revision | None:
    """Return the commit that is checked out, or None outside of git or before the first commit.

    Files that git does not ignore count as a difference even where it does not know them.

    Raises:
        ToolError: there is a repository that cannot be read.

    """
    try:
        git = repository_around(directory)
        if git is None or git.head_is_unborn:
            return None
        commit = str(git.head.peel(pygit2.Commit).id)
        return Revision(commit=commit, dirty=bool(git.status(untracked_files="normal")))
    except pygit2.GitError as error:
        raise ToolError(f"{directory}: git cannot read the revision: {error}") from error
