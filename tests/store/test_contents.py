from pathlib import Path

import pytest

from harness.store.contents import held, inspect
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


def test_what_was_rehashed_a_moment_ago_is_not_rehashed_again(store: FakeStore) -> None:
    first, second = (store.path(store.built(name, always(out=b"1"))) for name in "ab")
    known = inspect([], [first], store)
    store.change(first, b"changed")
    store.change(second, b"changed")
    found = inspect([], [first, second], store, known)
    assert found.broken == {second}
    assert found.hashes == {path: store.recorded[path] for path in (first, second)}


def test_what_was_known_of_other_paths_is_left_out(store: FakeStore) -> None:
    first, second = (store.path(store.built(name, always(out=b"1"))) for name in "ab")
    store.change(first, b"changed")
    known = inspect([], [first], store)
    assert known.broken == {first}
    assert inspect([], [second], store, known) == inspect([], [second], store)
    assert inspect([], [first, second], store, known).broken == {first}


def test_what_earlier_builds_hold_is_all_that_it_refers_to(store: FakeStore) -> None:
    path = store.path(store.built("a", always(out=b"1")))
    assert held([path], store) == [path]
    assert held([], store) == []


def test_nothing_is_held_of_what_the_store_does_not_hold(store: FakeStore) -> None:
    assert held(["/nix/store/never-built"], store) == []


def test_what_is_known_of_some_paths_and_of_others_is_known_of_all(store: FakeStore) -> None:
    first, second = (store.path(store.built(name, always(out=b"1"))) for name in "ab")
    store.change(first, b"changed")
    both = inspect([], [first], store).with_(inspect([], [second], store))
    assert both == inspect([], [first, second], store)
