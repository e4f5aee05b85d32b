"""A package by commit, from repositories on this machine and on loopback."""

import socket
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.project.core.addressed import Commit
from harness.sources import commits
from harness.sources.commits import archived
from tests.git_servers import committed, serving

_PROJECT = {"pyproject.toml": '[project]\nname = "own"\nversion = "1"\n', "own.py": "1\n"}


@pytest.fixture(name="repository")
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "served/own").mkdir(parents=True)
    return tmp_path / "served/own"


@pytest.fixture(name="url")
def _url(repository: Path) -> Iterator[str]:
    with serving(repository.parent) as address:
        yield f"{address}/own"


def test_a_commit_is_packed_once_fetched_and_stays_when_the_branch_moves(
    repository: Path, url: str
) -> None:
    commit = Commit(url=url, commit=committed(repository, _PROJECT))
    committed(repository, {"own.py": "2\n"})
    one = archived("own", commit)
    with tarfile.open(one.path) as archive:
        file = archive.extractfile("own-1/own.py")
        assert file
        assert file.read() == b"1\n"
    assert (one.version, one.listed.file, one.listed.url) == ("1", "own-1.tar.gz", url)
    (repository / ".git").rename(repository / "gone")
    assert archived("own", commit) == one


def test_a_commit_that_is_not_there_is_told(repository: Path, url: str) -> None:
    committed(repository, _PROJECT)
    with pytest.raises(InputError, match=f"own: {url} at 4444.*the repository has no such commit"):
        archived("own", Commit(url=url, commit="4" * 40))


def test_another_project_than_was_named_is_refused(repository: Path) -> None:
    commit = Commit(url=str(repository), commit=committed(repository, _PROJECT))
    with pytest.raises(InputError, match="it is the project 'own', not 'other'"):
        archived("other", commit)


def test_a_repository_that_is_not_there_is_the_worlds_fault(repository: Path, url: str) -> None:
    commit = committed(repository, _PROJECT)
    with pytest.raises(ToolError, match=r"own: .*/none at"):
        archived("own", Commit(url=url.replace("/own", "/none"), commit=commit))


def test_a_transfer_has_bounds(repository: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "_MOST_BYTES", 10)
    commit = Commit(url=url, commit=committed(repository, _PROJECT))
    with pytest.raises(ToolError, match="more than"):
        archived("own", commit)


def test_a_project_below_the_top_is_packed_alone(repository: Path) -> None:
    files = {f"libs/own/{name}": text for name, text in _PROJECT.items()}
    commit = Commit(url=str(repository), commit=committed(repository, {"top": "", **files}))
    one = archived("own", replace(commit, directory="libs/own"))
    with tarfile.open(one.path) as archive:
        assert archive.getnames() == ["own-1", "own-1/own.py", "own-1/pyproject.toml"]
    for directory in ("libs/none", "top"):
        with pytest.raises(InputError, match=f"there is no directory {directory}"):
            archived("own", replace(commit, directory=directory))


@pytest.mark.usefixtures("repository")
def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "_SILENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/own"
        with pytest.raises(ToolError, match=r"own: .*/own at 4444"):
            archived("own", Commit(url=url, commit="4" * 40))


def test_a_server_that_tells_of_itself_for_ever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = commits._Bounded()
    bounded.sideband_progress("counting")
    monkeypatch.setattr(bounded, "_until", 0)
    with pytest.raises(ToolError, match="or 600 s"):
        bounded.sideband_progress("counting")
