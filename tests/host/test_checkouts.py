import os
import subprocess
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.host.checkouts import require_own
from harness.host.git import repository_around

_GIT = ["git", "-c", "user.email=a@b", "-c", "user.name=x", "-c", "protocol.file.allow=always"]


def git(directory: Path, *arguments: str) -> None:
    subprocess.run([*_GIT, *arguments], cwd=directory, check=True, capture_output=True)


def made(directory: Path, *options: str) -> Path:
    directory.mkdir()
    git(directory, "init", "-q", *options)
    git(directory, "commit", "-q", "--allow-empty", "-m", "x")
    return directory


@pytest.fixture(name="private")
def _private(tmp_path: Path) -> Path:
    return made(tmp_path / "private")


@pytest.fixture(name="downloaded")
def _downloaded(tmp_path: Path) -> Path:
    return made(tmp_path / "downloaded")


def refused(top: Path, said: str) -> None:
    with pytest.raises(InputError, match=said):
        repository_around(top)


def test_what_git_makes_is_its_own(tmp_path: Path, private: Path) -> None:
    git(private, "worktree", "add", "-q", str(tmp_path / "other"))
    git(private, "submodule", "add", "-q", str(made(tmp_path / "module")), "sub/module")
    git(private / "sub/module", "worktree", "add", "-q", str(tmp_path / "of-module"))
    git(tmp_path, "clone", "-q", "--bare", str(private), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "of-bare"))
    for name in ("private", "other", "private/sub/module", "of-module", "bare.git", "of-bare"):
        assert repository_around(tmp_path / name) is not None, name


def test_a_way_back_may_be_relative(tmp_path: Path, private: Path) -> None:
    git(private, "worktree", "add", "-q", str(tmp_path / "other"))
    (tmp_path / "other/.git").write_text("gitdir: ../private/.git/worktrees/other\n")
    (private / ".git/worktrees/other/gitdir").write_text("../../../../other/.git\n")
    require_own(tmp_path / "other")


@pytest.mark.parametrize("inside", ["", "/worktrees/other", "/modules/module"])
def test_a_file_that_names_another_s_directory_is_refused(
    tmp_path: Path, private: Path, inside: str
) -> None:
    git(private, "worktree", "add", "-q", str(tmp_path / "other"))
    git(private, "submodule", "add", "-q", str(made(tmp_path / "module")), "module")
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile/.git").write_text(f"gitdir: {private}/.git{inside}\n")
    refused(tmp_path / "hostile", "does not name this checkout")


def test_a_link_is_no_better_than_a_file(tmp_path: Path, private: Path) -> None:
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile/.git").symlink_to(private / ".git")
    refused(tmp_path / "hostile", "does not name this checkout")


def test_a_directory_that_says_what_it_likes_does_not_lead_elsewhere(
    private: Path, downloaded: Path
) -> None:
    fake = downloaded / "fake"
    (fake / "worktrees/a").mkdir(parents=True)
    (downloaded / ".git").rename(downloaded / "old")
    (downloaded / ".git").write_text("gitdir: fake/worktrees/a\n")
    (fake / "worktrees/a/HEAD").write_text("ref: refs/heads/master\n")
    (fake / "worktrees/a/gitdir").write_text("../../../.git\n")
    (fake / "worktrees/a/commondir").write_text(f"{private}/.git\n")
    refused(downloaded, "does not name this checkout")
    (fake / "worktrees/a/commondir").write_text("../..\n")
    (fake / "commondir").write_text(f"{private}/.git\n")
    refused(downloaded, "names another repository's directory")


def test_a_directory_does_not_take_its_commits_from_another(
    private: Path, downloaded: Path
) -> None:
    (downloaded / ".git/commondir").write_text(f"{private}/.git\n")
    refused(downloaded, "names another repository's directory")


@pytest.mark.parametrize("name", ["HEAD", "packed-refs", "index", "config", "refs", "refs/heads"])
def test_links_out_of_a_directory_are_refused(private: Path, downloaded: Path, name: str) -> None:
    git(private, "pack-refs", "--all")
    place = downloaded / ".git" / name
    if os.path.lexists(place):
        place.rename(downloaded / "aside")
    place.symlink_to(private / ".git" / name)
    refused(downloaded, "leads out of git's directory")


def test_links_out_of_a_bare_repository_are_refused(tmp_path: Path, private: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(private), "bare.git")
    (tmp_path / "bare.git/packed-refs").unlink()
    (tmp_path / "bare.git/packed-refs").symlink_to(private / ".git/packed-refs")
    refused(tmp_path / "bare.git", "leads out of git's directory")


def test_a_directory_apart_is_believed_once_it_names_the_checkout(tmp_path: Path) -> None:
    top = made(tmp_path / "work", f"--separate-git-dir={tmp_path / 'apart'}")
    refused(top, f"`git config core.worktree {top}`")
    config = tmp_path / "apart/config"
    for text, is_own in (("worktree", False), (f"worktree = {top}", True)):
        config.write_text(f"[core]\nbare = false\n{text}\n")
        if not is_own:
            refused(top, "does not name this checkout")
    assert repository_around(top) is not None


def test_a_worktree_that_was_moved_is_refused_until_it_is_repaired(
    tmp_path: Path, private: Path
) -> None:
    git(private, "worktree", "add", "-q", str(tmp_path / "other"))
    moved = (tmp_path / "other").rename(tmp_path / "moved")
    refused(moved, "`git worktree repair`")
    git(moved, "worktree", "repair")
    assert repository_around(moved) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line that begins"),
        ("gitdir: a\0b", "no path"),
        ("gitdir: \n", "does not name this checkout"),
        ("gitdir: .git\n", "does not name this checkout"),
        ("gitdir: " + "a/" * 2**16, "more than"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / ".git").write_text(text)
    refused(tmp_path, said)


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".git")
    refused(tmp_path, "a pipe")
