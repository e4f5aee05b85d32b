"""Packages by commit in a lock: where they are, what is packed of them, and what builds them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import IntegrityError
from harness.fetch.locate import locate_commits
from harness.lock.core.pylock import decode_lock
from harness.lock.core.required import required
from harness.lock.core.values import Lock
from harness.lock.make import lock
from harness.lock.sdists import Question
from harness.project.core.addressed import Commit
from harness.project.repository import Environment
from tests.git_servers import committed, serving
from tests.indexes import Index
from tests.lock.environments import anew, edit

_PROJECT = """[build-system]
requires = ["maker"]
[project]
name = "own"
version = "1.2"
"""
_METADATA = "Metadata-Version: 2.1\nName: own\nVersion: 1.2\nRequires-Dist: a<2\n"
_SYSTEM = "x86_64-linux"


def _ask(question: Question) -> str:
    return "[]" if question.attribute == "requires" else _METADATA


@pytest.fixture(name="commit")
def _commit(
    index: Index, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Commit]:
    """An environment that asks for `own` by its commit, of which the index has a stranger's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    index.publish("maker")
    index.publish("own", "9")
    repository = tmp_path / "served/own"
    repository.mkdir(parents=True)
    made = committed(repository, {"pyproject.toml": _PROJECT})
    with serving(tmp_path / "served") as url:
        edit(environment, '"a<3"', f'"a", "own @ git+{url}/own@{made}"')
        yield Commit(url=f"{url}/own", commit=made)


def _locked(environment: Environment) -> Lock:
    return lock(anew(environment), record_urls=True, ask=_ask).lock


def test_a_commit_is_locked_as_the_standard_has_it_with_what_is_packed_of_it(
    environment: Environment, commit: Commit
) -> None:
    made = _locked(environment)
    (own,) = (one for one in made.packages if one.name == "own")
    assert (own.version, own.commit, own.wheels) == ("1.2", commit, ())
    assert own.sdist
    assert (own.sdist.file, own.sdist.url) == ("own-1.2.tar.gz", None)
    assert next(one.version for one in made.packages if one.name == "a") == "1"
    (sdist,) = made.targets[_SYSTEM].sdists
    assert (sdist.name, sdist.build) == ("own", ("maker-1-py3-none-any.whl",))
    data = environment.lock_path.read_bytes()
    assert b'commit-id = "' + commit.commit.encode() in data
    assert decode_lock(data, "l") == made


def test_what_is_locked_by_commit_stays_and_moves_with_the_commit(
    index: Index, environment: Environment, commit: Commit, tmp_path: Path
) -> None:
    before = _locked(environment)
    index.publish("c")
    edit(environment, '"b",', '"b", "c",')
    kept = _locked(environment)
    assert [one for one in kept.packages if one.name != "c"] == list(before.packages)
    moved = committed(tmp_path / "served/own", {"own.py": ""})
    edit(environment, commit.commit, moved)
    (own,) = (one for one in _locked(environment).packages if one.name == "own")
    assert own.commit == Commit(url=commit.url, commit=moved)


def test_a_fetch_packs_the_commit_and_holds_it_against_the_lock(
    environment: Environment, commit: Commit
) -> None:
    needs = required(_locked(environment), [_SYSTEM])
    ((need, found),) = locate_commits(needs).items()
    assert (need.input.file, found) == ("own-1.2.tar.gz", [commit.url])


def test_a_lock_of_other_files_than_the_commit_s_is_refused(
    environment: Environment, commit: Commit
) -> None:
    made = _locked(environment)
    data = environment.lock_path.read_text()
    (own,) = (one for one in made.packages if one.commit == commit)
    assert own.sdist
    other = decode_lock(data.replace(own.sdist.sha256, "0" * 64).encode(), "l")
    (found,) = locate_commits(required(other, [_SYSTEM])).values()
    assert isinstance(found, IntegrityError)
    assert commit.commit in str(found)
