"""Facts about engines that are not there; for one that is, see tests/integration/test_arms.py."""

from pathlib import Path

import pytest

from harness.adapters.engine import connect
from harness.errors import ToolError


def test_an_engine_that_does_not_answer_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with pytest.raises(ToolError, match=r"engine\.sock: no container engine answers.*docker\.io"):
        connect()


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:2375", "ssh://somebody@elsewhere"])
def test_an_engine_elsewhere_is_not_asked(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(ToolError, match="not a unix socket"):
        connect()
