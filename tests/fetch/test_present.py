from dataclasses import replace

import pytest

from harness.build.realise import instantiate
from harness.errors import IntegrityError
from harness.fetch.present import require_locked
from harness.host.processors import current_system
from harness.lock.core.values import Lock
from harness.lock.read import read_lock
from harness.project.repository import find_repository
from harness.store.core.derivation import Derivation
from harness.store.derivations import read_closure

pytestmark = pytest.mark.nix


@pytest.fixture(scope="module")
def made() -> tuple[Lock, list[str]]:
    """Return a lock, and what Nix made of it."""
    (environment,) = find_repository().select(["science"])
    derivations = instantiate(environment, ["environment", "installer"], system=current_system())
    return read_lock(environment), derivations


def _closure(derivations: list[str]) -> list[Derivation]:
    return [*read_closure(derivations).values()]


def test_what_nix_made_of_a_lock_is_what_python_reads_there(made: tuple[Lock, list[str]]) -> None:
    lock, derivations = made
    require_locked("science", lock, current_system(), _closure(derivations), whole=True)


def test_a_file_that_is_not_the_locks_is_refused(made: tuple[Lock, list[str]]) -> None:
    lock, derivations = made
    other = replace(lock, installer=replace(lock.installer, sha256="0" * 64))
    with pytest.raises(IntegrityError, match=rf"would build from .*-{lock.installer.file}, which"):
        require_locked("science", other, current_system(), _closure(derivations), whole=True)


def test_a_wheel_that_is_left_out_is_refused(made: tuple[Lock, list[str]]) -> None:
    lock, (_, installer) = made
    require_locked("science", lock, current_system(), _closure([installer]), whole=False)
    with pytest.raises(IntegrityError, match="would build without"):
        require_locked("science", lock, current_system(), _closure([installer]), whole=True)
