"""A refusal does not wait for what would have done the work."""

import os
import sys
from pathlib import Path

import pytest

from harness.host import process

_SLOW = {"docker", "requests", "rich", "securesystemslib", "tomlkit"}
_VERBS = [
    ["add", "ENV", "numpy"],
    ["attest", "ENV", "--key", "key.pem"],
    ["build", "ENV"],
    ["diff", "ENV", "ENV"],
    ["fetch", "ENV"],
    ["image", "ENV"],
    ["lock", "ENV"],
    ["remove", "ENV", "numpy"],
    ["sbom", "ENV"],
    ["shadow", "ENV"],
    ["shell", "ENV"],
    ["test", "ENV"],
    ["verify", "ENV"],
]


def refused(words: list[str], environment: str, within: Path) -> tuple[str, set[str]]:
    """Return what harness says, and what it has imported by then."""
    named = [environment if word == "ENV" else word for word in words]
    command = [sys.executable, "-X", "importtime", "-m", "harness", *named]
    ended = process.run(command, env=dict(os.environ), cwd=within)
    assert ended.status == 2
    modules = (line.rpartition("|")[2].strip() for line in ended.stderr.splitlines())
    return ended.stderr, {module.partition(".")[0] for module in modules}


@pytest.fixture(name="within")
def _within(tmp_path: Path) -> Path:
    (tmp_path / "harness.toml").touch()
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/env.toml").write_text('pyhton = "3.11"')
    return tmp_path


@pytest.mark.parametrize("words", _VERBS, ids=lambda words: words[0])
def test_an_unknown_environment_is_refused_before_its_tools_are_imported(
    words: list[str], within: Path
) -> None:
    said, imported = refused(words, "nosuch", within)
    assert "no environment 'nosuch'" in said
    assert imported & {*_SLOW, "packaging", "pydantic"} == set()


@pytest.mark.parametrize("words", [["lock", "ENV"], ["verify", "ENV"]], ids=lambda words: words[0])
def test_a_mistake_in_env_toml_is_told_before_its_tools_are_imported(
    words: list[str], within: Path
) -> None:
    said, imported = refused(words, "a", within)
    assert "is 'pyhton' meant?" in said
    assert imported & _SLOW == set()
