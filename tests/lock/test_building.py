"""What one's own package is built with, from an index on loopback."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.host.git import tracked_below
from harness.lock.building import Found, find
from harness.lock.core.required import required
from harness.lock.core.values import Lock
from harness.lock.freshness import stale_reasons
from harness.lock.make import lock
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import anew
from tests.locks import deb
from tests.repositories import git

_PYPROJECT = """
[project]
name = "Own_Package"
dynamic = ["version"]
dependencies = ["a<3"]
[build-system]
requires = ["backend", "hatch-vcs"]
build-backend = "backend:made"
"""
_SYSTEM = "x86_64-linux"


@pytest.fixture(name="own")
def _own(environment: Environment, index: Index) -> Environment:
    """Return an environment with a package of its own, whose backend the index has."""
    for name in ("backend", "hatch-vcs"):
        index.publish(name, "1")
    (environment.repository / "pyproject.toml").write_text(_PYPROJECT)
    text = environment.spec_path.read_text().partition("dependencies = [")[0]
    environment.spec_path.write_text(f'{text}dependencies = []\n[project]\npath = "../.."\n')
    for words in (["init", "-q"], ["commit", "-qm", "one", "--allow-empty"], ["tag", "v1.5"]):
        git(environment.repository, *words)
    return environment


def _built(locked: Lock) -> list[str]:
    return [wheel.file for one in locked.build for wheel in one.wheels]


def test_its_backend_is_locked_apart_from_what_it_requires(own: Environment) -> None:
    locked = lock(own, record_urls=False).lock
    assert [one.name for one in locked.packages] == ["a"]
    assert locked.dependencies == ("a<3",)
    files = ["backend-1-py3-none-any.whl", "hatch_vcs-1-py3-none-any.whl"]
    assert _built(locked) == files
    assert {*files} <= {need.input.file for need in required(locked, [_SYSTEM])}
    assert locked.project
    assert (locked.project.name, locked.project.version) == ("own-package", "1.5")
    document = tomllib.loads(own.lock_path.read_text())["tool"]["harness"]
    assert document["targets"][_SYSTEM]["project"] == files
    assert document["project"] == {"name": "own-package", "editable": True, "version": "1.5"}


def test_its_backend_and_version_stay_until_they_may_move(own: Environment, index: Index) -> None:
    first = lock(own, record_urls=False).lock
    index.publish("backend", "2")
    git(own.repository, "commit", "-qm", "two", "--allow-empty")
    git(own.repository, "tag", "v1.6")
    second = lock(anew(own), record_urls=False, update=["a"]).lock
    assert second == first
    moved = lock(anew(own), record_urls=False, update=["backend", "own-package"]).lock
    assert "backend-2-py3-none-any.whl" in _built(moved)
    assert moved.project
    assert moved.project.version == "1.6"


def test_a_lock_is_stale_when_the_backend_or_the_requirements_are_others(own: Environment) -> None:
    lock(own, record_urls=False)
    assert stale_reasons(anew(own)) == []
    path = own.repository / "pyproject.toml"
    for old, new in (('"hatch-vcs"', '"hatch-vcs", "b"'), ('"a<3"', '"b"')):
        path.write_text(_PYPROJECT.replace(old, new))
        assert stale_reasons(anew(own)) == ["envs/serving/env.toml has changed since it was locked"]


def test_addresses_are_recorded_where_others_are(own: Environment) -> None:
    locked = lock(own, record_urls=True).lock
    urls = [wheel.url for one in locked.build for wheel in one.wheels]
    assert urls
    assert all(url and "s3cret" not in url for url in urls)


def test_a_backend_that_the_index_lacks_is_named_with_its_place(own: Environment) -> None:
    path: Path = own.repository / "pyproject.toml"
    path.write_text(_PYPROJECT.replace('"backend"', '"nowhere"'))
    with pytest.raises(InputError, match=r"to build own-package itself, nowhere, hatch-vcs: "):
        lock(anew(own), record_urls=False)


def test_a_project_may_ask_for_itself_with_extras(own: Environment) -> None:
    (own.repository / "pyproject.toml").write_text(
        _PYPROJECT + '[project.optional-dependencies]\nmore = ["b"]\n'
    )
    text = own.spec_path.read_text()
    own.spec_path.write_text(text.replace("[]", '["own.package[more]"]'))
    assert [one.name for one in lock(anew(own), record_urls=False).lock.packages] == ["a", "b"]


def test_a_version_that_env_toml_states_is_not_asked_of_git(own: Environment) -> None:
    own.spec_path.write_text(own.spec_path.read_text() + 'version = "7"\n')
    locked = lock(anew(own), record_urls=False).lock
    assert locked.project
    assert locked.project.version is None


@pytest.mark.parametrize(
    ("file", "compiled"), [("src/a.c", True), ("tests/a.c", False), ("src/a.py", False)]
)
def test_what_git_tracks_tells_whether_it_is_compiled(
    own: Environment, file: str, *, compiled: bool
) -> None:
    (own.repository / file).parent.mkdir(exist_ok=True)
    (own.repository / file).write_text("")
    assert find(own, own.spec()) == Found(version="1.5", compiled=False)
    git(own.repository, "add", file)
    assert find(own, own.spec()) == Found(version="1.5", compiled=compiled)


def test_a_package_that_is_compiled_has_a_compiler_and_no_shell_of_its_own(
    own: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = deb("gcc")
    monkeypatch.setattr("harness.lock.sdists.lock_compiler", lambda *_: (compiler,))
    (own.repository / "own.c").write_text("")
    git(own.repository, "add", "own.c")
    locked = lock(own, record_urls=False).lock
    assert locked.project
    assert (locked.project.compiler, locked.project.editable) == (True, False)
    assert locked.targets[_SYSTEM].compiler == (compiler,)
    assert compiler.input in [need.input for need in required(locked, [_SYSTEM])]


def test_outside_of_git_nothing_is_known(tmp_path: Path, own: Environment) -> None:
    assert tracked_below(tmp_path) == []
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    assert find(environment, replace(own.spec(), project=None)) == Found()
