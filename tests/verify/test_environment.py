"""The main job in a store in memory: fresh lock, inputs, builds, rebuilds, verdicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from harness.errors import InputError, IntegrityError, ToolError
from harness.verdict import Verdict
from harness.verify.core.factors.rows import registered
from harness.verify.core.verdict import Verification
from harness.verify.environment import verify, verify_foreign
from harness.verify.rebuild import Options
from harness.verify.subjects import Target
from harness.verify.world import World
from tests.fake_store import Build, FakeClock, Tree, always, broken_nix, failing
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment

PLAIN = Options(factors=frozenset())


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockedEnvironment:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return locked_environment(tmp_path)


def verified(locked: LockedEnvironment, options: Options = PLAIN) -> Verification:
    world = World(store=locked.store, clock=FakeClock())
    return verify(locked.environment, options, system=SYSTEM, world=world)


def names(found: Verification) -> dict[str, Verdict]:
    return {one.derivation.rpartition("-")[2]: one.verdict for one in found.results}


def test_an_environment_is_built_rebuilt_and_held_by_roots(locked: LockedEnvironment) -> None:
    found = verified(locked)
    assert (found.verdict, found.environment) == (Verdict.SAME, "a")
    assert set(names(found)) == {"environment.drv", "shell.drv", "installer.drv"}
    assert [root.name for root in locked.store.roots] == ["environment", "shell", "installer"]
    assert set(found.conditions.not_exercised.values()) == {"not asked for"}


def test_what_is_unchanged_is_rehashed_once(
    locked: LockedEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified(locked, Options())
    asked: list[str] = []
    holds = locked.store.holds

    def counted(paths: Sequence[str]) -> bool:
        asked.extend(paths)
        return holds(paths)

    monkeypatch.setattr(locked.store, "holds", counted)
    found = verified(locked, Options())
    assert {one.path for one in found.results} < set(asked)
    assert len(asked) == len(set(asked))


def test_the_shim_that_moves_the_factors_is_verified_too(locked: LockedEnvironment) -> None:
    found = verified(locked, Options())
    assert names(found)["shim.drv"] is Verdict.SAME
    assert found.verdict is Verdict.SAME
    assert found.conditions.shim.endswith("-shim-out")
    assert {*found.conditions.moved, *found.conditions.not_exercised} == set(registered().names)


def test_without_a_shim_the_rest_is_moved_and_the_reason_told(locked: LockedEnvironment) -> None:
    del locked.store.attributes["shim"]
    found = verified(locked, Options())
    assert found.verdict is Verdict.SAME
    assert found.conditions.moved == frozenset(registered().names) - registered().in_shim
    assert "there is no shim" in found.conditions.not_exercised["clock"]


def test_a_builder_that_varies_is_different_with_its_evidence(locked: LockedEnvironment) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        return {"out": str(build.count).encode()}

    locked.made_by(builder)
    found = verified(locked)
    assert found.verdict is Verdict.DIFFERENT
    (different,) = (one for one in found.results if one.verdict is Verdict.DIFFERENT)
    assert different.trees
    assert Path(different.trees[1]).is_relative_to(locked.environment.kept_below)


def test_a_first_build_that_fails_is_the_whole_result(locked: LockedEnvironment) -> None:
    derivation = locked.made_by(failing)
    found = verified(locked)
    assert found.verdict is Verdict.BUILD_FAILED
    (result,) = found.results
    assert result.derivation == derivation
    assert "no space between these lines" in result.reason
    assert f"log of {Path(derivation).name}" in result.reason


def test_keeping_on_verifies_what_there_is(locked: LockedEnvironment) -> None:
    locked.store.realise([locked.store.attributes["shell"]])
    locked.made_by(failing)
    found = verified(locked, Options(factors=frozenset(), keep_going=True))
    assert [one.verdict for one in found.results] == [
        Verdict.BUILD_FAILED,
        Verdict.INCONCLUSIVE,
        Verdict.SAME,
        Verdict.INCONCLUSIVE,
    ]


def test_a_stale_lock_is_refused_before_anything_is_built(locked: LockedEnvironment) -> None:
    spec = locked.environment.spec_path
    spec.write_text(spec.read_text().replace("[]", '["numpy"]'))
    with pytest.raises(InputError, match="run `harness lock a`"):
        verified(locked)
    assert locked.store.runs == []


def test_an_input_that_is_missing_is_to_be_fetched(locked: LockedEnvironment) -> None:
    locked.store.forget(locked.inputs[0])
    with pytest.raises(ToolError, match="run `harness fetch a`"):
        verified(locked)


def test_an_input_that_was_changed_is_an_error_of_integrity_though_the_database_agrees(
    locked: LockedEnvironment,
) -> None:
    for lies in (False, True):
        locked.store.change(locked.inputs[-1], b"changed")
        if lies:
            locked.store.lie(locked.inputs[-1])
        with pytest.raises(IntegrityError, match="not the content that the lock names"):
            verified(locked)
    assert locked.store.runs == []


def test_an_input_that_the_disk_lost_is_an_error_of_integrity(locked: LockedEnvironment) -> None:
    locked.store.lose(locked.inputs[0])
    with pytest.raises(IntegrityError, match="repair a"):
        verified(locked)


def test_an_environment_made_of_other_files_than_the_lock_names_is_refused(
    locked: LockedEnvironment,
) -> None:
    other = locked.store.fixed("/nix/store/other.whl", b"other")
    locked.store.attributes["environment"] = locked.store.add(
        "evil", always(out=b"same"), needs=[other]
    )
    with pytest.raises(IntegrityError, match=r"would build from /nix/store/other\.whl"):
        verified(locked)


def test_an_output_that_is_listed_and_gone_is_an_error_of_integrity(
    locked: LockedEnvironment,
) -> None:
    verified(locked)
    locked.store.lose(locked.store.path(locked.store.attributes["environment"]))
    with pytest.raises(IntegrityError, match="the store lists it, but it is gone"):
        verified(locked)


def test_an_output_that_was_changed_since_is_corrupt(locked: LockedEnvironment) -> None:
    verified(locked)
    output = locked.store.path(locked.store.attributes["environment"])
    locked.store.change(output, b"changed")
    found = verified(locked)
    assert found.verdict is Verdict.CORRUPT
    assert names(found)["shell.drv"] is Verdict.SAME


def test_derivations_of_others_are_built_and_go_the_same_way(
    locked: LockedEnvironment,
) -> None:
    store = locked.store
    good, bad = store.add("good", always(out=b"same")), store.add("bad", failing)
    world = World(store=store, clock=FakeClock())

    def verdicts(*paths: str) -> list[Verdict]:
        target = Target(name="mine", derivations=paths)
        found = verify_foreign(target, PLAIN, system=SYSTEM, world=world)
        assert found.environment == "mine"
        return [one.verdict for one in found.results]

    assert verdicts(good) == [Verdict.SAME]
    assert verdicts(good, bad) == [Verdict.BUILD_FAILED]


def test_where_nix_cannot_build_the_derivations_of_others_nothing_is_judged(
    locked: LockedEnvironment,
) -> None:
    derivation = locked.store.add("stuck", broken_nix)
    target = Target(name="mine", derivations=(derivation,))
    world = World(store=locked.store, clock=FakeClock())
    with pytest.raises(ToolError, match="the disk is full"):
        verify_foreign(target, PLAIN, system=SYSTEM, world=world)
