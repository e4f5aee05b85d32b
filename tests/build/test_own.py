"""The repository is made by git itself; the store is the one in memory."""

from pathlib import Path

import pytest

from harness.build.own import left_out, own_arguments, project_directory, require_committed
from harness.errors import InputError
from harness.project.repository import Environment
from tests.fake_store import FakeStore
from tests.repositories import git

_SPEC = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'


@pytest.fixture(name="environment")
def _environment(tmp_path: Path) -> Environment:
    """Return an environment two directories below the top of a git repository."""
    root = tmp_path / "git/team"
    (root / "envs/a").mkdir(parents=True)
    (root / "package").mkdir()
    (root / "envs/a/env.toml").write_text(f'{_SPEC}[project]\npath = "../../package"\n')
    (root / "package/pyproject.toml").write_text('[project]\nname = "own"\n')
    git(tmp_path / "git", "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return Environment("a", root / "envs/a", root)


def test_nix_is_told_where_the_files_are_and_whether_a_commit_has_them(
    environment: Environment, tmp_path: Path
) -> None:
    store = FakeStore(tmp_path / "store")
    told = own_arguments(environment, store)
    assert told == {"root": told["root"], "place": "team/envs"}
    assert (store.place(told["root"]) / "team/package/pyproject.toml").is_file()
    (environment.repository / "package/pyproject.toml").write_text('[project]\nname = "own"\n\n')
    changed = own_arguments(environment, store)
    assert changed["dirty"] == "true"
    assert changed["root"] != told["root"]
    assert project_directory(environment) == environment.repository / "package"


def test_no_link_that_git_tracks_leads_to_files_of_this_machine(
    environment: Environment, tmp_path: Path
) -> None:
    store, root = FakeStore(tmp_path / "store"), environment.repository
    git(root, "config", "core.symlinks", "false")
    (root / "package").rename(tmp_path / "package")
    (root / "package").symlink_to(tmp_path / "package")
    git(root, "-c", "core.symlinks=true", "add", "-A")
    git(root, "commit", "-qm", "two")
    (root / "package").unlink()
    (tmp_path / "package").rename(root / "package")
    git(root, "update-index", "--assume-unchanged", "package")
    with pytest.raises(InputError, match=r"^team/package: git has a link there"):
        own_arguments(environment, store)


def test_an_environment_that_is_another_repository_has_no_package_of_this_one(
    environment: Environment, tmp_path: Path
) -> None:
    git(environment.directory, "init", "-q")
    with pytest.raises(InputError, match=r"^envs/a: a git repository of its own"):
        own_arguments(environment, FakeStore(tmp_path / "store"))


def test_files_that_no_commit_has_are_refused_by_name(environment: Environment) -> None:
    require_committed(environment, dirty=False)
    for name in "abcde":
        (environment.repository / name).write_text("")
    git(environment.repository, "add", "-A")
    with pytest.raises(InputError, match=r"^team/a, team/b, team/c and 2 more: changed since"):
        require_committed(environment, dirty=False)
    require_committed(environment, dirty=True)


def test_what_git_does_not_track_of_the_package_is_left_out(environment: Environment) -> None:
    for name in ("package/new.py", "other.py", "envs/a/pylock.toml"):
        (environment.repository / name).write_text("")
    assert left_out(environment) == ("team/package/new.py",)


def test_an_environment_without_a_package_is_told_nothing(tmp_path: Path) -> None:
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/env.toml").write_text(_SPEC)
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    assert own_arguments(environment) == {}
    assert left_out(environment) == ()
    require_committed(environment, dirty=False)
    with pytest.raises(InputError, match=r"env.toml: no \[project\]"):
        project_directory(environment)
