from pathlib import Path

import pytest

from harness.adapters.recordings import create
from harness.core.evidence.finding import Judgement
from harness.core.held import Held
from harness.core.recording import Exchange, Request
from harness.errors import InputError, IntegrityError, ToolError
from harness.flows import shadow
from harness.flows.repository import Environment


@pytest.mark.parametrize("error", [InputError("no image"), ToolError("no engine")])
def test_what_cannot_be_compared_is_inconclusive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    held = _held(tmp_path, monkeypatch, error)
    assert (held.judgement, held.lines) == (Judgement.INCONCLUSIVE, (f"not compared: {error}",))


def test_what_is_not_what_was_built_is_no_want_of_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IntegrityError, match="another image"):
        _held(tmp_path, monkeypatch, IntegrityError("another image"))


def test_a_recording_that_ends_early_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(method="GET", target="/", headers=(), body=b"")
    with create(tmp_path / "day.rec") as writer:
        for number in range(2):
            writer.add(Exchange(number=number, at=0.0, request=request, response=None))
            writer.flush()
    (tmp_path / "day.rec").write_bytes((tmp_path / "day.rec").read_bytes()[:-1])
    (tmp_path / "env.toml").write_text(
        'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'
        '[shadow]\nproduction = "service:1"\nprotocol = "json"\nrecording = "day.rec"\n'
    )
    monkeypatch.setenv("DOCKER_HOST", "unix:///none")
    said = list[str]()
    with pytest.raises(ToolError, match="no container engine answers"):
        shadow.shadow(
            Environment("scorer", tmp_path, tmp_path),
            shadow.Options(),
            system="x86_64-linux",
            watch=shadow.Watch(on_step=said.append),
        )
    assert said == ["day.rec ends early, as after a kill: it has 1 whole request"]


def _held(directory: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Held:
    """Return what comes of a comparison that this error ends."""

    def fails(*_: object, **__: object) -> shadow.Shadowed:
        raise error

    monkeypatch.setattr(shadow, "shadow", fails)
    environment = Environment("scorer", directory, directory)
    return shadow.held_against_production(environment, system="x86_64-linux", fresh=True)
