"""Repositories are made by git itself; the store is the one in memory."""

import os
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.host import process
from harness.project.committed import committed
from harness.store import trees
from harness.store.core import storepath
from tests.fake_store import FakeStore


def _git(directory: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    return process.check(["git", *who, *arguments], cwd=directory).strip()


def _commit(directory: Path) -> None:
    _git(directory, "add", "-A")
    _git(directory, "commit", "-qm", "one")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "src").mkdir(parents=True)
    _git(root, "init", "-q")
    (root / "src" / "a b.py").write_text("1\n")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("../elsewhere")
    (root / ".gitattributes").write_text("* text=auto\n")
    return root


def test_the_path_is_that_of_the_tracked_files_alone(repository: Path, tmp_path: Path) -> None:
    _commit(repository)
    process.check(["cp", "-r", "--preserve=links", str(repository), str(repository / "../copy")])
    plain = repository.parent / "copy"
    process.check(["rm", "-r", str(plain / ".git")])
    (repository / "untracked").write_text("2")
    (repository / "run").write_text("changed after the commit")
    expected = storepath.recursive("source", trees.nar_sha256(plain))
    store = FakeStore(tmp_path / "store")
    assert committed(repository / "src", store=store) == expected
    assert trees.nar_sha256(store.place(expected)) == trees.nar_sha256(plain)
    assert committed(repository, store=store) == expected


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("src/.gitattributes", "*.py export-subst\n", "export-subst"),
        (".gitattributes", "*" * 2**20 + " a", "too large"),
        ("model", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    ],
)
def test_what_a_flake_would_see_otherwise_is_refused(
    repository: Path, tmp_path: Path, file: str, content: str, named: str
) -> None:
    (repository / file).write_text(content)
    _commit(repository)
    with pytest.raises(InputError, match=named):
        committed(repository, store=FakeStore(tmp_path / "store"))


def test_a_submodule_is_refused(repository: Path, tmp_path: Path) -> None:
    _commit(repository)
    head = _git(repository, "rev-parse", "HEAD")
    _git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    _git(repository, "commit", "-qm", "two")
    with pytest.raises(InputError, match="sub: a submodule"):
        committed(repository, store=FakeStore(tmp_path / "store"))


def test_a_tree_that_is_too_deep_is_refused(repository: Path, tmp_path: Path) -> None:
    deep = repository.joinpath(*["d"] * 102)
    deep.mkdir(parents=True)
    (deep / "file").write_text("")
    _commit(repository)
    with pytest.raises(InputError, match="too deeply"):
        committed(repository, store=FakeStore(tmp_path / "store"))


def test_there_must_be_a_repository_and_a_commit(repository: Path, tmp_path: Path) -> None:
    _commit(repository)
    with pytest.raises(InputError, match="no such commit"):
        committed(repository, "v9", store=FakeStore(tmp_path / "store"))
    outside = Path(os.path.realpath(tmp_path)) / "outside"
    outside.mkdir()
    with pytest.raises(InputError, match="not in a git repository"):
        committed(outside, store=FakeStore(tmp_path / "store"))
