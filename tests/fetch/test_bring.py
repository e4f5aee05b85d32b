"""What is missing comes from a server on loopback into a store that is kept in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessError, IntegrityError, ToolError
from harness.fetch.bring import bring
from harness.host.files import cache_directory
from harness.lock.core.required import Required, required
from harness.lock.core.values import Lock
from tests import fakes, stores
from tests.fake_store import FakeStore
from tests.locked_environments import SYSTEM


@pytest.fixture
def server() -> Iterator[fakes.Server]:
    with fakes.serving() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "HARNESS_DEBIAN_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    return FakeStore(tmp_path / "store")


def _needs(lock: Lock) -> list[Required]:
    return required(lock, [SYSTEM])


def _left() -> list[str]:
    return [path.name for path in (cache_directory() / "downloads").rglob("*") if path.is_file()]


def test_everything_comes_once_and_the_cache_is_empty(
    store: FakeStore, server: fakes.Server
) -> None:
    needs = _needs(stores.published_lock(server))
    assert bring(needs, store=store) == needs
    assert store.invalid_paths([need.path for need in needs]) == []
    assert _left() == []
    assert bring(needs, store=store) == []
    assert len(server.seen) == len(needs)


def test_what_the_store_has_is_not_asked_for(store: FakeStore, server: fakes.Server) -> None:
    needs = _needs(stores.published_lock(server))
    bring(needs[:-1], store=store)
    assert bring(needs, store=store) == needs[-1:]


def test_every_problem_is_told_and_the_good_files_stay(
    store: FakeStore, server: fakes.Server
) -> None:
    lock = stores.published_lock(server)
    needs = _needs(lock)
    other = server.files["/p1-1-py3-none-any.whl"][:-1] + b"!"
    server.script["/p0-1-py3-none-any.whl"] = [fakes.status(404)]
    server.script["/p1-1-py3-none-any.whl"] = [fakes.body(other)] * 9
    with pytest.raises(HarnessError) as caught:
        bring(needs, store=store)
    assert isinstance(caught.value, IntegrityError)
    assert "p0-1" in str(caught.value)
    assert "p1-1" in str(caught.value)
    missing = store.invalid_paths([need.path for need in needs])
    assert sorted(path.partition("-")[2][:4] for path in missing) == ["p0-1", "p1-1"]


def test_a_seed_that_unpacks_to_something_else_is_refused(
    store: FakeStore, server: fakes.Server
) -> None:
    needs = _needs(stores.with_wrong_seed(stores.published_lock(server)))
    with pytest.raises(IntegrityError, match=r"unpacks to /nix/store/.*-seed, the lock says"):
        bring(needs, store=store)
    (seed,) = (need for need in needs if need.is_seed)
    assert store.invalid_paths([seed.path]) == [seed.path]


def test_a_superseded_deb_is_told_with_what_to_do(store: FakeStore, server: fakes.Server) -> None:
    needs = _needs(stores.published_lock(server))
    server.script["/bash_1~x_all.deb"] = [fakes.status(404)] * 9
    with pytest.raises(ToolError, match="HARNESS_DEBIAN_MIRROR, or run"):
        bring(needs, store=store)


def test_a_full_disk_is_told_before_anything_is_asked_for(
    store: FakeStore, server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.fetch.bring.free_space", lambda _: 10)
    with pytest.raises(ToolError, match=r"are needed and 0 MiB are free; make room"):
        bring(_needs(stores.published_lock(server)), store=store)
    assert server.seen == []
