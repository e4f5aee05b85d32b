from collections.abc import Callable
from pathlib import Path

import pytest

from harness.build.checks import run_checks
from harness.build.realise import build, instantiate
from harness.build.shell import enter
from harness.errors import InputError
from harness.fetch.bring import fetch
from harness.image.make import image_of
from harness.project.repository import Environment, Repository
from harness.sbom.make import sbom
from harness.verify.environment import verify
from harness.verify.rebuild import Options
from tests import fakes, stores

_SYSTEM = "x86_64-linux"


def _quiet(_: object) -> None:
    pass


_VERBS: dict[str, Callable[[Environment], object]] = {
    "fetch": lambda one: fetch([one], system=_SYSTEM),
    "build": lambda one: build(one, system=_SYSTEM),
    "any evaluation": lambda one: instantiate(one, ["shell"], system=_SYSTEM),
    "shell": lambda one: enter(one, ["true"], system=_SYSTEM, on_progress=_quiet),
    "test": lambda one: run_checks(one, system=_SYSTEM, jobs=1, on_progress=_quiet),
    "image": lambda one: image_of(one, system=_SYSTEM),
    "sbom": lambda one: sbom(one, system=_SYSTEM),
    "verify": lambda one: verify(one, Options(keep_going=True), system=_SYSTEM),
}


@pytest.fixture(name="environment")
def _environment(tmp_path: Path) -> Environment:
    """A locked environment; nothing of it is in the store."""
    with fakes.serving() as server:
        stores.write_repository(tmp_path, a=stores.published_lock(server))
    (environment,) = Repository(root=tmp_path).select(["a"])
    return environment


def _edit(environment: Environment) -> None:
    path = environment.spec_path
    path.write_text(path.read_text().replace("dependencies = []", "dependencies = ['numpy']"))


@pytest.mark.parametrize("verb", _VERBS)
def test_nothing_uses_a_lock_that_env_toml_has_left_behind(
    environment: Environment, verb: str
) -> None:
    _edit(environment)
    with pytest.raises(InputError, match=r"^envs/a/env\.toml has changed .*run `harness lock a`$"):
        _VERBS[verb](environment)


@pytest.mark.parametrize("verb", _VERBS)
def test_nothing_goes_on_without_a_lock(environment: Environment, verb: str) -> None:
    environment.lock_path.unlink()
    with pytest.raises(InputError, match=r"pylock\.toml is missing: run `harness lock a`"):
        _VERBS[verb](environment)
