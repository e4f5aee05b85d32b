import json
from dataclasses import asdict
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.libraries import facts, look
from harness.libraries.core.advice import Found
from harness.libraries.core.dynamic import Linked
from harness.lock.core.required import wheels
from harness.sources import contents
from harness.sources.core.debian.closure import Candidate, Universe
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockedEnvironment:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = locked_environment(tmp_path)
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    return found


def _remember(locked: LockedEnvironment, *needed: str, imported: str = "a") -> None:
    """Let the first wheel have a module that needs libraries."""
    wheel = wheels(locked.lock, SYSTEM)[0]
    files = {"a.so": asdict(Linked(needed=needed))}
    value = {"files": files, "modules": ["a.so"], "opens": ["magic"]}
    imports = {"modules": [imported], "loose": []}
    for kind, found in (("wheel", value), ("imports", imports)):
        place = facts._place((kind, wheel.sha256, Path(), ""))
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.write_text(json.dumps(found))


def test_a_missing_library_ends_what_would_be_built(locked: LockedEnvironment) -> None:
    _remember(locked, "libGL.so.1")
    with pytest.raises(InputError, match=r"needs libGL\.so\.1 .*\n.*could not be looked up"):
        look.require_libraries(locked.environment, system=SYSTEM, store=locked.store)


def test_a_build_does_not_look_up_what_may_be_needed(
    locked: LockedEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _remember(locked)
    looked_up: list[str] = []

    def libraries(suite: str, *_: str) -> dict[str, tuple[str, ...]]:
        looked_up.append(suite)
        return {}

    monkeypatch.setattr(contents, "libraries", libraries)
    look.refuse_missing(locked.environment, system=SYSTEM, store=locked.store)
    assert not looked_up
    found = look.require_libraries(locked.environment, system=SYSTEM, store=locked.store)
    assert not found.opened
    assert looked_up == [*locked.lock.suites]


def test_a_module_that_nothing_imports_is_no_error(locked: LockedEnvironment) -> None:
    _remember(locked, "libGL.so.1", imported="b")
    assert not look.require_libraries(locked.environment, system=SYSTEM, store=locked.store).needed


def test_a_library_that_is_declared_unused_is_no_error(locked: LockedEnvironment) -> None:
    _remember(locked, "libGL.so.1")
    spec = locked.environment.spec_path
    spec.write_text(spec.read_text() + '\n[libraries]\nunused = ["libGL.so.1"]\n')
    assert not look.require_libraries(locked.environment, system=SYSTEM, store=locked.store).needed


def test_nothing_is_looked_at_before_all_inputs_are_there(locked: LockedEnvironment) -> None:
    _remember(locked, "libGL.so.1")
    locked.store.delete(locked.inputs[0])
    assert look.look_ahead(locked.environment, system=SYSTEM, store=locked.store) == Found()


def test_what_others_bring_is_not_asked_for() -> None:
    def candidate(name: str, depends: str = "") -> Candidate:
        paragraph = {"depends": depends, "size": "10"}
        return Candidate(name=name, version="1", archive="s", paragraph=paragraph)

    universe = Universe([candidate("libgl1", "libx11-6"), candidate("libx11-6")], "amd64")
    assert look._outermost({"libgl1", "libx11-6", "unknown"}, universe) == {"libgl1", "unknown"}
    assert look._extent(["libgl1"], universe, {"libx11-6"}) == (10, 1)
    assert look._extent(["unknown"], universe, set())[0] > 10
