"""Repositories are made by git itself; the store is the one in memory."""

import os
import resource
from pathlib import Path

import pygit2
import pytest

from harness.errors import InputError
from harness.host import process
from harness.project import committed as module
from harness.project.committed import committed
from harness.store import trees
from harness.store.core import storepath
from tests.fake_store import FakeStore
from tests.repositories import git


def _commit(directory: Path) -> None:
    git(directory, "add", "-A")
    git(directory, "commit", "-qm", "one")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "src").mkdir(parents=True)
    git(root, "init", "-q")
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
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    git(repository, "commit", "-qm", "two")
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


def test_no_content_is_read_of_what_is_too_large(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "large").write_bytes(bytes(2**26))
    _commit(repository)
    monkeypatch.setattr(module, "_MOST_BYTES", 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="more than 100000 files or 1 MiB"):
        committed(repository, store=FakeStore(tmp_path / "store"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**15


@pytest.mark.parametrize("target", [b"a\0b", b"a" * 5000])
def test_a_link_to_no_path_is_refused(repository: Path, tmp_path: Path, target: bytes) -> None:
    git = pygit2.Repository(str(repository))
    builder = git.TreeBuilder()
    builder.insert("odd", git.create_blob(target), pygit2.enums.FileMode.LINK)
    who = pygit2.Signature("a", "a@b")
    git.create_commit("refs/heads/odd", who, who, "one", builder.write(), [])
    with pytest.raises(InputError, match=r"^odd: a link to no path, at "):
        committed(repository, "refs/heads/odd", store=FakeStore(tmp_path / "store"))


def test_directories_that_hold_nothing_but_each_other_are_counted(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_FILES", 100)
    git = pygit2.Repository(str(repository))
    tree = git.TreeBuilder().write()
    for _ in range(40):
        builder = git.TreeBuilder()
        for name in "ab":
            builder.insert(name, tree, pygit2.enums.FileMode.TREE)
        tree = builder.write()
    who = pygit2.Signature("a", "a@b")
    git.create_commit("refs/heads/odd", who, who, "one", tree, [])
    with pytest.raises(InputError, match="more than 100 files"):
        committed(repository, "refs/heads/odd", store=FakeStore(tmp_path / "store"))
