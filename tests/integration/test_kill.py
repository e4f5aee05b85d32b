"""A few kills of `ci/kill`, which kills every verb at random moments."""

import sys

import pytest

from harness.host import process
from tests.integration.conftest import ROOT, Shipped

pytestmark = [pytest.mark.nix, pytest.mark.network]

_VERBS = "add,build,plain"


def test_nothing_is_left_of_killed_runs_and_the_next_goes_on(serving: Shipped) -> None:
    assert serving.base.exists()
    argv = [sys.executable, str(ROOT / "ci/kill"), "--kills", "6", "--seed", "6", "--only", _VERBS]
    completed = process.run(argv, timeout=500)
    assert completed.status == 0, completed.stdout + completed.stderr
    assert "0 problems" in completed.stdout
