"""Repositories are made by git itself."""

from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.host import process
from harness.project.revision import revision


def _git(directory: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    return process.check(["git", *who, *arguments], cwd=directory).strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("result\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_text("1")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def test_is_the_commit_that_git_names(repository: Path) -> None:
    found = revision(repository / "sub")
    assert found is not None
    assert found.commit == _git(repository, "rev-parse", "HEAD")
    assert not found.dirty


def test_a_changed_file_is_a_difference(repository: Path) -> None:
    (repository / "sub" / "file").write_text("2")
    found = revision(repository)
    assert found is not None
    assert found.dirty


def test_a_new_file_is_a_difference_unless_it_is_ignored(repository: Path) -> None:
    (repository / "result").write_text("")
    ignored = revision(repository)
    (repository / "new").write_text("")
    new = revision(repository)
    assert ignored is not None
    assert new is not None
    assert (ignored.dirty, new.dirty) == (False, True)


def test_a_staged_file_is_a_difference(repository: Path) -> None:
    (repository / "sub" / "file").write_text("2")
    _git(repository, "add", ".")
    found = revision(repository)
    assert found is not None
    assert found.dirty


def test_a_repository_without_commits_has_none(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    assert revision(tmp_path) is None


def test_a_directory_outside_of_a_repository_has_none(tmp_path: Path) -> None:
    assert revision(tmp_path) is None


def test_a_broken_repository_is_an_error(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("ref: refs/heads/broken\n")
    broken = repository / ".git" / "refs" / "heads" / "broken"
    broken.write_text("0" * 39 + "1\n")
    with pytest.raises(ToolError, match="git cannot read the revision"):
        revision(repository)
