from pathlib import Path

import pytest

from harness.build.realise import Making, Progress, failed_build, instantiate, realise
from harness.errors import BuildFailedError, InputError, IntegrityError
from harness.store.core.building import Realised
from harness.store.core.log import Failure
from tests.fake_store import failing
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment

_DERIVATION = f"/nix/store/{'0' * 32}-deep.drv"


def _failed(message: str) -> Exception:
    failure = Failure(message=message, derivation=None)
    return failed_build(
        Realised(argv=("nix-store",), status=1, paths=(), failures=(failure,), printed=())
    )


def test_what_lies_too_deep_for_nix_is_that_builders_failure() -> None:
    """As Nix 2.8 says it."""
    failed = _failed(f"getting status of '{_DERIVATION}.chroot/nix/store/x/{'d/' * 2000}"[:2000])
    assert isinstance(failed, BuildFailedError)
    assert str(failed).startswith(f"{_DERIVATION} failed to build: Nix cannot read what it made")
    other = _failed(f"getting status of '{_DERIVATION}.chroot/nix/store/x': Permission denied")
    assert not isinstance(other, BuildFailedError)


@pytest.fixture
def locked(tmp_path: Path) -> LockedEnvironment:
    return locked_environment(tmp_path)


def _realise(locked: LockedEnvironment, *attributes: str) -> list[Progress]:
    heard: list[Progress] = []
    store, environment = locked.store, locked.environment
    derivations = instantiate(environment, attributes, system=SYSTEM, store=store)
    making = Making(on_progress=heard.append, store=store)
    built = realise(
        environment, dict(zip(attributes, derivations, strict=True)), making, system=SYSTEM
    )
    assert list(built.outputs) == store.outputs(derivations)
    return heard


def test_each_attribute_is_built_and_held_once(locked: LockedEnvironment) -> None:
    heard = _realise(locked, "environment", "shell")
    assert [(one.begun, one.planned) for one in heard] == [(1, 1), (1, 1)]
    assert sorted(root.name for root in locked.store.roots) == ["environment", "shell"]
    assert _realise(locked, "environment", "shell") == []


def test_a_builder_that_fails_is_told_with_the_end_of_its_log(locked: LockedEnvironment) -> None:
    derivation = locked.made_by(failing)
    with pytest.raises(BuildFailedError) as caught:
        _realise(locked, "environment")
    first, log, message = str(caught.value).splitlines()
    assert first == f"{derivation} failed to build; the end of its log:"
    assert log == f"  log of {Path(derivation).name}"
    assert message == "  no space between these lines"


def test_an_output_that_is_listed_and_gone_is_an_error_of_integrity(
    locked: LockedEnvironment,
) -> None:
    _realise(locked, "shell")
    locked.store.lose(locked.store.path(locked.store.attributes["shell"]))
    with pytest.raises(IntegrityError, match="run `harness build --repair a`"):
        _realise(locked, "shell")


def test_nothing_is_evaluated_of_a_stale_lock(locked: LockedEnvironment) -> None:
    spec = locked.environment.spec_path
    spec.write_text(spec.read_text().replace("[]", '["numpy"]'))
    with pytest.raises(InputError, match="run `harness lock a`"):
        _realise(locked, "shell")
