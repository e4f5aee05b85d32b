from pathlib import Path

import pytest

from harness import __version__
from harness.verify.origin import made_here


def test_outside_of_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = made_here()
    assert (made.harness, made.commit, made.dirty) == (__version__, "", False)
    assert made.at.endswith(" UTC")
