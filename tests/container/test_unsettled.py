import os
from pathlib import Path

import pytest

from harness.container.unsettled import unsettled


def test_settings_of_testcontainers_and_the_home_are_hidden_and_come_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    hidden = ("DOCKER_HOST", "DOCKER_AUTH_CONFIG", "TESTCONTAINERS_RYUK_DISABLED", "TC_HOST")
    for name in hidden:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("KEPT", "kept")
    before = dict(os.environ)
    with unsettled():
        assert not os.environ.keys() & set(hidden)
        assert not Path.home().is_dir()
        assert os.environ["KEPT"] == "kept"
    assert dict(os.environ) == before
    with pytest.raises(ZeroDivisionError), unsettled():
        raise ZeroDivisionError
    assert dict(os.environ) == before
