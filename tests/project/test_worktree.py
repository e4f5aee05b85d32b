"""Repositories are made by git itself; the store is the one in memory."""

from pathlib import Path

import pytest

from harness.errors import InputError
from harness.host import process
from harness.project.committed import committed
from harness.project.worktree import stored, work_tree
from harness.store import trees
from tests.fake_store import FakeStore
from tests.repositories import git


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> FakeStore:
    return FakeStore(tmp_path / "store")


@pytest.fixture(name="repository")
def _repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "src").mkdir(parents=True)
    git(root, "init", "-q")
    (root / "src/a b.py").write_text("1\n")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("../elsewhere")
    (root / ".gitignore").write_text("*.tmp\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return root


def _copy(root: Path, into: Path) -> str:
    """Return the hash of what git says it tracks and is there, copied by tar."""
    listed = process.check(["git", "ls-files", "-z"], cwd=root).split("\0")
    there = [name for name in listed if name and ((root / name).exists() or name == "link")]
    into.mkdir()
    process.check(["tar", "-cf", str(into.with_suffix(".tar")), *there], cwd=root)
    process.check(["tar", "-xpf", str(into.with_suffix(".tar"))], cwd=into)
    return trees.nar_sha256(into)


def test_without_changes_it_is_the_commit(repository: Path, store: FakeStore) -> None:
    (repository / "new.py").write_text("")
    (repository / "ignored.tmp").write_text("")
    found = work_tree(repository / "src")
    assert stored(found, store=store) == committed(repository, store=store)
    assert found.top == repository
    assert (found.changed, found.untracked) == ((), ("new.py",))


def test_changes_are_taken_as_they_are_now(
    repository: Path, store: FakeStore, tmp_path: Path
) -> None:
    (repository / "src/a b.py").write_text("2\n")
    (repository / "staged").write_text("3\n")
    git(repository, "add", "staged")
    (repository / "run").unlink()
    (repository / "untracked").write_text("4\n")
    found = work_tree(repository)
    assert found.changed == ("run", "src/a b.py", "staged")
    assert found.untracked == ("untracked",)
    assert trees.nar_sha256(store.place(stored(found, store=store))) == _copy(
        repository, tmp_path / "copy"
    )


def test_a_repository_without_a_commit_has_what_is_staged(tmp_path: Path, store: FakeStore) -> None:
    git(tmp_path, "init", "-q", "root")
    (tmp_path / "root/a").write_text("1")
    git(tmp_path / "root", "add", "a")
    assert (store.place(stored(work_tree(tmp_path / "root"), store=store)) / "a").read_text() == "1"


def test_what_is_behind_a_link_is_not_tracked_any_more(
    repository: Path, store: FakeStore, tmp_path: Path
) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/a b.py").write_text("secret")
    (repository / "src/a b.py").unlink()
    (repository / "src").rmdir()
    (repository / "src").symlink_to(tmp_path / "secret")
    found = work_tree(repository)
    assert not (store.place(stored(found, store=store)) / "src").exists()


def test_what_a_flake_would_see_otherwise_is_refused(repository: Path, store: FakeStore) -> None:
    (repository / "run").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(InputError, match=r"^run: a pointer of Git LFS"):
        stored(work_tree(repository), store=store)


def test_a_directory_in_place_of_a_file_is_refused(repository: Path, store: FakeStore) -> None:
    (repository / "run").unlink()
    (repository / "run").mkdir()
    with pytest.raises(InputError, match=r"^run: no file any more"):
        stored(work_tree(repository), store=store)


def test_a_submodule_is_refused(repository: Path, store: FakeStore) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},below")
    with pytest.raises(InputError, match=r"^below: a submodule"):
        stored(work_tree(repository), store=store)


def test_a_merge_with_conflicts_is_refused(repository: Path, store: FakeStore) -> None:
    git(repository, "checkout", "-qb", "other")
    (repository / "run").write_text("other")
    git(repository, "commit", "-qam", "other")
    git(repository, "checkout", "-q", "-")
    (repository / "run").write_text("this")
    git(repository, "commit", "-qam", "this")
    process.run(["git", "merge", "other"], cwd=repository)
    with pytest.raises(InputError, match=r"a merge has conflicts"):
        stored(work_tree(repository), store=store)


def test_outside_of_git_nothing_is_tracked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not in a git repository; `git init` makes one"):
        work_tree(tmp_path)
