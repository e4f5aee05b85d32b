"""The command line and a flake build the same of a repository that has untracked files."""

import json
from pathlib import Path

import pytest

from harness.build.own_files import left_out, sources, told
from harness.host import process
from harness.lock.core.pylock import encode_lock
from harness.project.repository import Environment
from harness.store import nix
from tests import locks

pytestmark = pytest.mark.nix

_LIBRARY = Path(__file__).parents[2] / "harness/nix"
_SPEC = """
python = "3.11"
base = "debian:bookworm"
dependencies = []
[checks.tests.unit]
command = "pytest"
inputs = ["../../tests"]
[image]
command = ["true"]
files = { "/srv/data" = "data" }
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One with files that are tracked, new, changed and ignored."""
    root = tmp_path / "repo"
    for name in ("envs/a/data/one", "tests/test_a.py", "tests/old/test_b.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("first")
    (root / "envs/a/env.toml").write_text(_SPEC)
    (root / "envs/a/pylock.toml").write_bytes(encode_lock(locks.LOCK))
    (root / ".gitignore").write_text("*.log\n")
    for arguments in (["init", "-q"], ["add", "-A"]):
        process.check(["git", *arguments], cwd=root)
    for name in ("envs/a/data/new", "tests/a.log", "tests/new/test_c.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("new")
    (root / "tests/test_a.py").write_text("changed")
    return root


def test_both_see_what_git_tracks_as_it_lies_there(repository: Path) -> None:
    environment = Environment("a", repository / "envs/a", repository)
    taken = left_out(environment, sources(environment, ["checks", "image"]))
    assert taken.new == ("envs/a/data/new", "tests/new")
    with told(taken.below) as untracked:
        arguments = {
            "environments": str(repository / "envs"),
            "name": "a",
            "system": "x86_64-linux",
            "untracked": untracked,
        }
        attributes = ["checks.test-unit", "image"]
        ours = nix.instantiate(_LIBRARY / "entry.nix", arguments=arguments, attributes=attributes)
    flake = (
        f"let flake = (import {_LIBRARY}).mkFlake {{ environments = "
        f"(builtins.fetchGit {repository}) + ''/envs''; }}; in [ "
        "flake.checks.x86_64-linux.a-test-unit.drvPath "
        "flake.packages.x86_64-linux.a-image.drvPath ]"
    )
    argv = ["nix-instantiate", "--eval", "--strict", "--json", *nix.options(), "--expr", flake]
    assert json.loads(process.check(argv, env=nix.environment())) == ours
