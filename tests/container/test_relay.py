from pathlib import Path

import pytest

from harness.container.engine import connect
from harness.container.relay import relay_image
from harness.errors import ToolError
from harness.host.processors import current_system
from tests.engines import FakeEngine, serving

SYSTEM = current_system()


def test_the_program_is_loaded_once_and_the_next_run_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, engine = tmp_path / "relay", FakeEngine()
    program.write_bytes(b"\x7fELF")
    with serving(engine, tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with connect() as here:
            first = relay_image(here, program, SYSTEM)
            assert relay_image(here, program, SYSTEM) == first
            assert (list(engine.images), engine.loads) == ([first], 1)
            program.write_bytes(b"\x7fELF of another version")
            assert relay_image(here, program, SYSTEM) != first
    assert len({tag for one in engine.images.values() for tag in one["RepoTags"]}) == 2


def test_an_engine_that_gives_it_an_id_of_its_own_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, own = tmp_path / "relay", f"sha256:{'7' * 64}"
    program.write_bytes(b"\x7fELF")
    with serving(FakeEngine(renames=own), tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with connect() as here:
            assert relay_image(here, program, SYSTEM) == own


def test_a_program_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FakeEngine(), tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with connect() as here, pytest.raises(ToolError, match="nowhere"):
            relay_image(here, tmp_path / "nowhere", SYSTEM)
