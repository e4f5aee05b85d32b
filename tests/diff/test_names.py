from pathlib import Path

import pytest

from harness.diff.names import is_reference, require_known
from harness.errors import InputError


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "harness.toml").touch()
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/env.toml").touch()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)


def test_a_reference_to_an_image_ends_in_a_tag_or_digest() -> None:
    assert is_reference("registry.example/serving:1")
    assert is_reference("serving@sha256:00ff")
    assert not is_reference("serving")


@pytest.mark.parametrize("name", ["a", "file", "./none", "nosuch@v1", "nosuch:1"])
def test_what_may_stand_for_something_is_left_to_who_reads_it(name: str) -> None:
    require_known(name)


def test_a_name_that_can_only_be_an_environment_must_be_one() -> None:
    with pytest.raises(InputError, match="no environment 'nosuch'"):
        require_known("nosuch")
