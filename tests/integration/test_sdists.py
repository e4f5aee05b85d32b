"""A package that an index has as an sdist alone: locked, built in the sandbox, imported."""

import shutil
from pathlib import Path

import pytest

from harness.build.backends import ask
from harness.build.realise import build
from harness.fetch.bring import fetch
from harness.host import process
from harness.host.processors import current_system
from harness.lock.make import lock
from harness.project.repository import Repository
from tests.integration.conftest import ROOT, Shipped

pytestmark = [pytest.mark.nix, pytest.mark.network]


def test_a_package_without_a_wheel_is_locked_built_and_imported(
    serving: Shipped, tmp_path: Path
) -> None:
    """Its base is that of the demo environment, which is there."""
    directory = tmp_path / "envs/own"
    directory.mkdir(parents=True)
    (tmp_path / "harness.toml").touch()
    shutil.copy(ROOT / "envs" / serving.name / "pylock.toml", directory)
    (directory / "env.toml").write_text(
        'python = "3.11"\nbase = "debian:bookworm"\nsuites = ["bookworm"]\nsdists = ["docopt"]\n'
        'dependencies = ["docopt==0.6.2"]\n'
    )
    (environment,) = Repository(root=tmp_path).select(["own"])
    made = lock(environment, record_urls=False, ask=ask).lock
    (sdist,) = made.targets["x86_64-linux"].sdists
    assert sdist.requires == ("setuptools>=40.8.0",)
    fetch([environment], system=current_system())
    (tree,) = build(environment, system=current_system()).outputs
    program = "import docopt; print(docopt.docopt('usage: own <name>', ['x'])['<name>'])"
    said = process.check([f"{tree}/bin/python", "-c", program], env={}, timeout=60)
    assert said.strip() == "x"
