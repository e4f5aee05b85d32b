"""Killed without warning at random moments, the next run goes on as if nothing had been."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.host import process
from harness.lock.core.pylock import decode_lock
from harness.store import nix
from tests.integration.conftest import ROOT, Shipped

pytestmark = [pytest.mark.nix, pytest.mark.network, pytest.mark.slow]

_KILLS = 10
NAME = f"small-{uuid.uuid4()}"
"""Of no earlier run, so that there is something to build."""

_ENV = """
python = "3.11"
base = "debian:bookworm"
suites = ["bookworm"]
dependencies = ["six", "{extra}"]
"""
_PURE = [
    "attrs",
    "click",
    "idna",
    "iniconfig",
    "packaging",
    "pluggy",
    "sniffio",
    "tomli",
    "wcwidth",
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with one small environment; what it remembers is its own."""
    root = tmp_path_factory.mktemp("repository")
    (root / f"envs/{NAME}").mkdir(parents=True)
    (root / "harness.toml").touch()
    (root / f"envs/{NAME}/env.toml").write_text(_ENV.format(extra="h11"))
    shutil.copy(ROOT / "envs/serving/pylock.toml", root / f"envs/{NAME}/pylock.toml")
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(root / "state")
    yield root
    del os.environ["XDG_STATE_HOME"]
    if before is not None:
        os.environ["XDG_STATE_HOME"] = before


def harness(repository: Path, *arguments: str) -> process.Completed:
    """Run to the end."""
    return process.run([sys.executable, "-m", "harness", *arguments], cwd=repository, timeout=300)


def killed(repository: Path, *arguments: str, after: float) -> bool:
    """Run and kill the whole group; tell whether it was still running."""
    running = subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments],
        cwd=repository,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        running.wait(after)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        return True
    return False


def moments(longest: float) -> Iterator[float]:
    """Yield the same random moments in every run of the test."""
    chosen = random.Random(11)  # noqa: S311 - moments, not secrets
    for _ in range(_KILLS):
        yield chosen.uniform(0.05, longest)


def assert_whole(repository: Path) -> None:
    """Nothing is half-written: each file of the environment can be read."""
    tomllib.loads((repository / f"envs/{NAME}/env.toml").read_text())
    decode_lock((repository / f"envs/{NAME}/pylock.toml").read_bytes(), "pylock.toml")


def test_lock_recovers(repository: Path) -> None:
    interrupted = 0
    for moment in moments(2.0):
        interrupted += killed(repository, "lock", "--update", "all", after=moment)
        assert_whole(repository)
    assert interrupted > 0
    completed = harness(repository, "lock")
    assert completed.status == 0, completed.stderr
    assert harness(repository, "lock", "--check").status == 0


def test_build_recovers(repository: Path, serving: Shipped) -> None:
    assert serving.base.exists()
    interrupted = 0
    for extra, moment in zip(["h11", *_PURE], moments(0.8), strict=True):
        (repository / f"envs/{NAME}/env.toml").write_text(_ENV.format(extra=extra))
        assert harness(repository, "lock").status == 0
        assert harness(repository, "fetch").status == 0
        interrupted += killed(repository, "build", after=moment)
        assert_whole(repository)
        completed = harness(repository, "build")
        assert completed.status == 0, completed.stderr
        tree = completed.stdout.split()[1]
        assert nix.holds([tree])
        program = f"import six, {extra}"
        process.check([f"{tree}/bin/python", "-c", program], env={})
    assert interrupted > 0


def test_verify_recovers(repository: Path) -> None:
    for verb in ("lock", "fetch", "build", "verify"):
        assert harness(repository, verb).status == 0
    interrupted = 0
    for moment in moments(6.0):
        interrupted += killed(repository, "verify", "--fresh", after=moment)
        assert_whole(repository)
        completed = harness(repository, "verify")
        assert completed.status == 0, completed.stdout + completed.stderr
        assert f"{NAME}: SAME" in completed.stdout
    assert interrupted > 0
    closure = nix.requisites(
        [(repository / f".harness/roots/{NAME}/environment").readlink().as_posix()]
    )
    assert [path for path in closure if Path(f"{path}.check").exists()] == []
