"""A refusal does not wait for what would have done the work."""

import os
import sys
from pathlib import Path

import pytest

from harness.host import process


@pytest.mark.parametrize(
    "words",
    [
        ["attest", "nosuch", "--key", "key.pem"],
        ["image", "nosuch"],
        ["remove", "nosuch", "numpy"],
        ["sbom", "nosuch"],
        ["shadow", "nosuch"],
    ],
    ids=lambda words: words[0],
)
def test_an_unknown_environment_is_refused_before_its_tools_are_imported(
    words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "harness.toml").touch()
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/env.toml").touch()
    command = [sys.executable, "-X", "importtime", "-m", "harness", *words]
    ended = process.run(command, env=dict(os.environ), cwd=tmp_path)
    assert "no environment 'nosuch'" in ended.stderr
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()
    }
    assert imported & {"docker", "requests", "rich", "pydantic", "securesystemslib"} == set()
