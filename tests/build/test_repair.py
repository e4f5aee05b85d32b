from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.build.realise import Making
from harness.build.repair import repair_environment, repair_path
from harness.errors import BuildFailedError, InputError, IntegrityError
from tests.fake_store import Build, Tree, failing
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment


@pytest.fixture
def locked(tmp_path: Path) -> LockedEnvironment:
    found = locked_environment(tmp_path)
    found.store.realise(list(found.store.attributes.values()))
    return found


def _repair(locked: LockedEnvironment) -> tuple[str, ...]:
    return repair_environment(locked.environment, Making(store=locked.store), system=SYSTEM)


def _output(locked: LockedEnvironment) -> str:
    return locked.store.path(locked.store.attributes["environment"])


def test_inputs_that_are_not_the_locks_are_removed_and_nothing_is_built(
    locked: LockedEnvironment,
) -> None:
    locked.store.change(locked.inputs[1], b"changed")
    locked.store.lie(locked.inputs[1])
    before = list(locked.store.runs)
    assert _repair(locked) == (locked.inputs[1],)
    assert locked.store.invalid_paths(locked.inputs) == [locked.inputs[1]]
    assert locked.store.runs == before


def test_what_was_changed_is_built_anew(locked: LockedEnvironment) -> None:
    locked.store.change(_output(locked), b"changed")
    assert _repair(locked) == ()
    assert locked.store.holds([_output(locked)])
    assert locked.store.place(_output(locked)).read_bytes() == b"same"


def test_a_builder_that_fails_now_is_told(locked: LockedEnvironment) -> None:
    locked.made_by(failing)
    locked.store.change(_output(locked), b"changed")
    with pytest.raises(BuildFailedError):
        _repair(locked)


def test_a_builder_that_varies_cannot_mend(locked: LockedEnvironment) -> None:
    def varying(build: Build) -> Mapping[str, Tree]:
        return {"out": str(build.count).encode()}

    derivation = locked.made_by(varying)
    output, recorded = _output(locked), locked.store.recorded[_output(locked)]
    locked.store.change(output, b"changed")
    with pytest.raises(IntegrityError, match="its builder varies"):
        _repair(locked)
    assert locked.store.recorded[output] == recorded
    assert derivation in locked.store.runs


def _as_in_the_store(name: str) -> str:
    return f"/nix/store/{'0' * 32}-{name}"


def test_a_path_that_is_no_whole_derivation_is_removed(locked: LockedEnvironment) -> None:
    path = _as_in_the_store("source")
    locked.store.fixed(path, b"source")
    locked.store.change(path, b"changed")
    assert repair_path(path, Making(store=locked.store)) == (path,)
    assert locked.store.invalid_paths([path]) == [path]


@pytest.mark.parametrize("path", ["serving", "/etc/passwd", "/nix/store/short-a"])
def test_nothing_but_a_path_of_the_store_is_removed(locked: LockedEnvironment, path: str) -> None:
    with pytest.raises(InputError, match="neither an environment nor a path of the store"):
        repair_path(path, Making(store=locked.store))
