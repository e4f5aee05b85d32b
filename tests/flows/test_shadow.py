from pathlib import Path

import pytest

from harness.core.evidence.finding import Judgement
from harness.core.held import Held
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


def _held(directory: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Held:
    """Return what comes of a comparison that this error ends."""

    def fails(*_: object, **__: object) -> shadow.Shadowed:
        raise error

    monkeypatch.setattr(shadow, "shadow", fails)
    environment = Environment("scorer", directory, directory)
    return shadow.held_against_production(environment, system="x86_64-linux", fresh=True)
