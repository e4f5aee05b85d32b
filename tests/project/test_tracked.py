"""Repositories are made by git itself."""

from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.host import process
from harness.project.core.untracked import Untracked
from harness.project.repository import Environment
from harness.project.tracked import untracked

_ALL = [("checks.tests.unit.inputs", "../../tests"), ("image.files.'/a'", "data")]


def _git(directory: Path, *arguments: str) -> None:
    process.check(["git", *arguments], cwd=directory)


def _write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    root = tmp_path / "repo"
    _write(root, "envs/a/env.toml", "envs/a/data", "tests/old/test_a.py", "tests/test_b.py")
    _git(root, "init", "-q")
    _git(root, "add", "-A")
    return Environment("a", root / "envs/a", root)


def test_nothing_is_left_out_of_what_is_tracked(environment: Environment) -> None:
    assert untracked(environment, _ALL) == Untracked()
    assert untracked(environment, []) == Untracked()


def test_what_is_not_tracked_is_left_out_and_what_is_not_ignored_is_told(
    environment: Environment,
) -> None:
    root = environment.repository
    _write(root, "tests/new/deep/c", "tests/old/test_d.py", "tests/e.log", ".gitignore", "other")
    _write(root, "tests/__pycache__/x.pyc", "tests/.pytest_cache/y")
    (root / "tests/link").symlink_to("old")
    (root / ".gitignore").write_text("*.log\n")
    found = untracked(environment, _ALL)
    assert found.below == {"../../tests": ("e.log", "link", "new", "old/test_d.py")}
    assert found.new == ("tests/link", "tests/new", "tests/old/test_d.py")


def test_directories_may_be_as_deep_as_a_path_is_long(environment: Environment) -> None:
    top = environment.repository / "tests/a"
    deepest = top / "/".join("a" * 1200)
    try:
        process.check(["mkdir", "-p", str(deepest)])
        (deepest / "tracked").touch()
        _git(environment.repository, "add", "-A")
        (deepest / "other").touch()
        (left,) = untracked(environment, _ALL).below["../../tests"]
    finally:
        process.check(["rm", "-r", str(top)])
    assert left.endswith("/a/other")


def test_what_is_to_be_added_is_seen(environment: Environment) -> None:
    _write(environment.repository, "tests/new/c")
    _git(environment.repository, "add", "--intent-to-add", "tests/new/c")
    assert untracked(environment, _ALL) == Untracked()


@pytest.mark.parametrize("name", ["other", "more/file"])
def test_an_input_that_is_not_tracked_is_refused_with_what_to_do(
    environment: Environment, name: str
) -> None:
    _write(environment.repository, name)
    path = f"../../{name.split('/', maxsplit=1)[0]}"
    told = f"^envs/a/env.toml: key: git does not track {path[6:]}, .*`git add {path[6:]}`"
    with pytest.raises(InputError, match=told):
        untracked(environment, [("key", path)])


def test_the_repository_itself_may_be_an_input(environment: Environment) -> None:
    _write(environment.repository, "more/file")
    assert untracked(environment, [("key", "../../envs")]) == Untracked()


def test_a_submodule_is_refused(environment: Environment, tmp_path: Path) -> None:
    other = tmp_path / "other"
    _write(other, "a")
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    _git(other, "init", "-q")
    _git(other, "add", "-A")
    _git(other, *who, "commit", "-qm", "one")
    allowed = ["-c", "protocol.file.allow=always"]
    _git(environment.repository, *allowed, "submodule", "add", "-q", str(other), "tests/module")
    with pytest.raises(InputError, match="tests/module: a submodule"):
        untracked(environment, _ALL)


def test_outside_of_git_all_files_are_seen(environment: Environment) -> None:
    process.check(["rm", "-r", str(environment.repository / ".git")])
    _write(environment.repository, "tests/new")
    assert untracked(environment, _ALL) == Untracked()


def test_a_repository_that_is_none_is_told(environment: Environment) -> None:
    process.check(["rm", "-r", str(environment.repository / ".git")])
    (environment.repository / ".git").mkdir()
    with pytest.raises(ToolError, match="repo: cannot be read"):
        untracked(environment, _ALL)
