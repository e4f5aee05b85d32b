"""An environment is verified in a store that is kept in memory, and the result signed."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.attest.core.predicate import Predicate
from harness.attest.sign import Attested, Signing, attest
from harness.attest.signer import key_from, open_envelope, public_key
from harness.errors import InputError
from harness.verdict import Verdict
from harness.verify.rebuild import Options
from harness.verify.world import World
from tests.fake_store import Build, FakeClock, Tree, failing
from tests.keys import KeyPair
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockedEnvironment:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return locked_environment(tmp_path)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return KeyPair.made(tmp_path_factory.mktemp("keys"), "builder")


def _attested(locked: LockedEnvironment, pair: KeyPair) -> Attested:
    signing = Signing(
        key=key_from(str(pair.file)),
        directory=locked.environment.repository / "statements",
        valid_for=timedelta(days=1),
        world=World(store=locked.store, clock=FakeClock()),
    )
    options = Options(factors=frozenset())
    return attest(locked.environment, options, signing, system=SYSTEM)


def _statements(made: Attested, pair: KeyPair) -> dict[str, Any]:
    key = public_key(pair.public, "builder")
    found = {}
    for line in made.file.read_bytes().splitlines():
        open_envelope(line, {key.keyid: key}, "here")
        statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
        found[statement["predicateType"]] = statement
    return found


def test_the_rebuild_its_origin_and_its_materials_are_signed(
    locked: LockedEnvironment, pair: KeyPair
) -> None:
    made = _attested(locked, pair)
    assert made.found.verdict is Verdict.SAME
    found = _statements(made, pair)
    assert found.keys() == {
        Predicate.REBUILD.value,
        Predicate.PROVENANCE.value,
        Predicate.MATERIALS.value,
    }
    text = json.dumps(found[Predicate.REBUILD.value])
    assert locked.store.path(locked.store.attributes["environment"]) in text
    assert "2024-06-02T12:00:30" in text


def test_what_is_remembered_is_not_signed_but_built_again(
    locked: LockedEnvironment, pair: KeyPair
) -> None:
    _attested(locked, pair)
    before = len(locked.store.runs)
    _attested(locked, pair)
    assert len(locked.store.runs) == before + 3


def test_what_was_not_built_has_no_materials_and_is_signed_as_that(
    locked: LockedEnvironment, pair: KeyPair
) -> None:
    locked.store.realise([locked.store.attributes["shell"]])
    locked.made_by(failing)
    made = _attested(locked, pair)
    assert made.found.verdict is Verdict.BUILD_FAILED
    assert Predicate.MATERIALS.value not in _statements(made, pair)


def test_sources_that_change_meanwhile_are_not_signed(
    locked: LockedEnvironment, pair: KeyPair
) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        with locked.environment.spec_path.open("a") as file:
            file.write(f"# run {build.count}\n")
        return {"out": b"same"}

    locked.made_by(builder)
    with pytest.raises(InputError, match="a: its sources changed meanwhile; run again"):
        _attested(locked, pair)
    assert not (locked.environment.repository / "statements").exists()
