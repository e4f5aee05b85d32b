from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.lock.core.pylock import encode_lock
from harness.project.repository import Environment
from tests import indexes
from tests.indexes import Index
from tests.lock.environments import SPEC, anew
from tests.locks import LOCK


@pytest.fixture(name="index")
def _index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with indexes.index("user:s3cret") as index:
        monkeypatch.setenv("HARNESS_INDEX_URL", index.url)
        for name, version in (("a", "1"), ("a", "2"), ("b", "1"), ("installer", "1.0")):
            index.publish(name, version)
        yield index


@pytest.fixture(name="private")
def _private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    """An index with nothing but the installer."""
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with indexes.index() as index:
        monkeypatch.setenv("HARNESS_INDEX_URL", index.url)
        index.publish("installer", "1.0")
        yield index


@pytest.fixture(name="environment")
def _environment(tmp_path: Path) -> Environment:
    """Return an environment whose lock has a base and, of the wheels, only a 1."""
    directory = tmp_path / "repository" / "envs" / "serving"
    directory.mkdir(parents=True)
    (directory / "env.toml").write_text(SPEC)
    target = replace(LOCK.targets["x86_64-linux"], wheels=(), layers=())
    before = replace(LOCK, packages=(), targets={"x86_64-linux": target})
    (directory / "pylock.toml").write_bytes(encode_lock(before))
    return anew(Environment("serving", directory, tmp_path / "repository"))
