"""What Nix is given of our environment."""

import pytest

from harness.store import nix


def test_nix_is_given_no_variable_that_a_builder_could_ask_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DEPLOY_TOKEN", "AWS_SECRET_ACCESS_KEY", "HARNESS_INDEX_URL", "NIX_PATH"):
        monkeypatch.setenv(name, "hunter2")
    assert "hunter2" not in nix.environment().values()


@pytest.mark.parametrize("name", ["PATH", "HOME", "NIX_REMOTE", "NIX_CONFIG", "https_proxy"])
def test_nix_is_given_what_it_needs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "needed")
    assert nix.environment()[name] == "needed"
