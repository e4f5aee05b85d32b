from pathlib import Path

import pytest

from harness.store.contents import inspect
from tests.fake_store import FakeStore, always


@pytest.fixture
def store(tmp_path: Path) -> FakeStore:
    return FakeStore(tmp_path / "store")


def test_what_is_whole_has_its_hashes_and_nothing_is_broken(store: FakeStore) -> None:
    derivation = store.built("a", always(out={"b": b"1"}))
    output = store.path(derivation)
    found = inspect([derivation], [output, "/nix/store/never-built"], store)
    assert found.hashes == {path: store.recorded[path] for path in (derivation, output)}
    assert not found.broken


def test_only_what_was_changed_is_broken(store: FakeStore) -> None:
    paths = [store.path(store.built(name, always(out=name.encode()))) for name in "abc"]
    store.change(paths[0], b"changed")
    store.lose(paths[2])
    assert inspect([], paths, store).broken == {paths[0], paths[2]}


def test_what_the_database_says_is_believed_here(store: FakeStore) -> None:
    path = store.path(store.built("a", always(out=b"a")))
    store.change(path, b"changed")
    store.lie(path)
    assert not inspect([], [path], store).broken
