from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.host import processors
from harness.verify.core.causes.plan import Plan
from harness.verify.core.factors.rows import registered
from harness.verify.perturb import Perturber, Search, set_up
from harness.verify.world import World
from tests.fake_store import Build, FakeClock, FakeStore, Tree, always, broken_nix, failing

NAMES = frozenset(registered().names)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return FakeStore(tmp_path / "store")


def _world(store: FakeStore) -> World:
    return World(store=store, clock=FakeClock())


def test_every_factor_is_moved_or_has_its_reason(store: FakeStore) -> None:
    reasons = {"home": "no shim", "host": "no shim"}
    found = set_up({"clock", "home"}, without=reasons, world=_world(store)).conditions
    assert found.moved == {"clock"}
    assert {*found.moved, *found.not_exercised} == NAMES
    assert found.not_exercised["home"] == "no shim"
    assert found.not_exercised["host"] == "not asked for"
    assert found.nix == "2.8.0"


def test_an_old_processor_cannot_do_without_newer_instructions(
    store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "processor_flags", lambda: ("sse2",))
    found = set_up(NAMES, world=_world(store)).conditions
    assert "no newer instructions" in found.not_exercised["instruction-set"]


def _search(store: FakeStore, tmp_path: Path, derivation: str) -> tuple[Search, FakeClock]:
    world = _world(store)
    directory = tmp_path / "search"
    directory.mkdir()
    perturber = Perturber(set_up(NAMES, world=world), jobs=1)
    one = store.derivation(derivation)
    search = Search(perturber=perturber, path=derivation, derivation=one, directory=directory)
    assert isinstance(world.clock, FakeClock)
    return search, world.clock


@pytest.mark.parametrize("outputs", [("out",), ("out", "dev")])
def test_rebuilt_trees_are_kept_apart_each_in_its_own_place(
    store: FakeStore, tmp_path: Path, outputs: tuple[str, ...]
) -> None:
    derivation = store.built(
        "a", lambda build: dict.fromkeys(outputs, str(build.count).encode()), outputs=outputs
    )
    search, clock = _search(store, tmp_path, derivation)
    trees = [search.rebuild(Plan(moved=frozenset())) for _ in range(2)]
    for count, found in enumerate(trees, 1):
        assert found is not None
        assert [Path(found[name]).read_bytes() for name in outputs] == (
            [str(count).encode()] * len(outputs)
        )
    assert clock.slept == []
    search.rebuild(Plan(moved=frozenset(), pause=True))
    assert clock.slept == [2.1]


def test_what_is_the_same_is_the_output_itself_and_a_failed_builder_is_none(
    store: FakeStore, tmp_path: Path
) -> None:
    derivation = store.built("a", always(out=b"same"))
    search, _ = _search(store, tmp_path, derivation)
    assert search.rebuild(Plan(moved=frozenset())) == {"out": store.path(derivation)}
    store.builders[derivation] = failing
    assert search.rebuild(Plan(moved=frozenset())) is None
    store.builders[derivation] = broken_nix
    with pytest.raises(ToolError, match="the disk is full"):
        search.rebuild(Plan(moved=frozenset()))


@pytest.mark.parametrize("outputs", [("out",), ("out", "dev")])
def test_directories_are_kept_whole_and_a_builder_that_fails_has_no_tree(
    store: FakeStore, tmp_path: Path, outputs: tuple[str, ...]
) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        return {name: {"in/file": b"%d" % build.count} for name in outputs}

    derivation = store.built("a", builder, outputs=outputs)
    search, _ = _search(store, tmp_path, derivation)
    found = search.rebuild(Plan(moved=frozenset()))
    assert found is not None
    assert [Path(found[name], "in/file").read_bytes() for name in outputs] == [b"1"] * len(outputs)
    store.builders[derivation] = failing
    assert search.rebuild(Plan(moved=frozenset())) is None


def test_a_rebuild_that_nix_ended_otherwise_is_no_builder_that_failed(
    store: FakeStore, tmp_path: Path
) -> None:
    derivation = store.built("a", always(out=b"same"))
    search, _ = _search(store, tmp_path, derivation)
    store.give_up(derivation)
    with pytest.raises(ToolError, match="could not be rebuilt:\nno space left"):
        search.rebuild(Plan(moved=frozenset()))
