import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from harness.errors import InputError, ToolError
from harness.host.git import read_at, require_ignored

FILE = PurePosixPath("envs/a/env.toml")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits, the first one tagged; then a change that is not committed."""
    for content in ("one", "two"):
        (tmp_path / FILE).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / FILE).write_text(content)
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", ".")
        git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", content)
        git(tmp_path, "tag", "-f", content)
    (tmp_path / FILE).write_text("three")
    return tmp_path


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("revision", "content"), [("one", b"one"), ("HEAD~1", b"one"), ("HEAD", b"two")]
)
def test_a_file_is_read_as_it_was(repository: Path, revision: str, content: bytes) -> None:
    assert read_at(repository, revision, FILE) == content


def test_a_directory_inside_the_repository_is_where_paths_begin(repository: Path) -> None:
    assert read_at(repository / "envs", "one", PurePosixPath("a/env.toml")) == b"one"


@pytest.mark.parametrize(
    ("revision", "file", "said"),
    [
        ("nowhere", "envs/a/env.toml", "no such revision"),
        ("HEAD", "envs/b/env.toml", "not there at HEAD"),
        ("HEAD", "envs", "not a file"),
        ("HEAD", "../outside", "not there at HEAD"),
    ],
)
def test_what_is_not_there_is_told(repository: Path, revision: str, file: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_at(repository, revision, PurePosixPath(file))


def test_without_a_repository_there_are_no_revisions(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not in a git repository"):
        read_at(tmp_path, "HEAD", FILE)


def test_private_files_belong_where_git_ignores_them(repository: Path) -> None:
    with pytest.raises(InputError, match=r"tracked sources; .* name this one in .*/\.gitignore"):
        require_ignored(repository / ".harness" / "shadow" / "a")
    (repository / ".gitignore").write_text(".harness/\n*.rec\n")
    require_ignored(repository / ".harness" / "shadow" / "a")
    require_ignored(repository / "envs" / "a" / "x.rec")
    with pytest.raises(InputError, match="tracked sources"):
        require_ignored(repository / "x.jsonl")


def test_looking_outside_of_git_often_does_no_harm(tmp_path: Path) -> None:
    """A library's own search lost a reference to None each time, until Python ended."""
    before = sys.getrefcount(None)
    for _ in range(1000):
        require_ignored(tmp_path / "r")
    assert sys.getrefcount(None) > before - 500


def test_outside_of_git_and_in_a_bare_repository_nothing_is_tracked(tmp_path: Path) -> None:
    require_ignored(tmp_path / "x")
    git(tmp_path, "init", "-q", "--bare", "bare")
    require_ignored(tmp_path / "bare" / "x")


def test_a_repository_that_cannot_be_read_says_nothing_of_what_it_ignores(
    repository: Path,
) -> None:
    (repository / ".git" / "config").write_text("[core\n")
    with pytest.raises(ToolError, match="git cannot say whether it ignores it"):
        require_ignored(repository / "x")
