"""Mend what the store no longer holds as it was made: build it anew, or remove it to be fetched."""

from collections.abc import Sequence

from harness.build.realise import Making, failed_build, instantiate, reporter, verified
from harness.errors import InputError, IntegrityError
from harness.fetch.present import broken_inputs
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.store.nix import is_store_path

_AS_USUAL = Making()


def repair_environment(
    environment: Environment, making: Making = _AS_USUAL, *, system: str
) -> tuple[str, ...]:
    """Remove inputs whose content is not the lock's; if there are none, build anew what is broken.

    Returns what was removed.

    Raises:
        InputError: there is no lock, or env.toml is not valid.
        ToolError, BuildFailedError: Nix could not work, or a builder failed.
        IntegrityError: a builder does not give what was there before.

    """
    if broken := broken_inputs(read_lock(environment), system, making.store):
        for path in broken:
            making.store.delete(path)
        return tuple(broken)
    derivations = instantiate(environment, verified(environment), system=system, store=making.store)
    _rebuild(derivations, making)
    return ()


def repair_path(path: str, making: Making = _AS_USUAL) -> tuple[str, ...]:
    """Rebuild a derivation's outputs where they are broken; remove what is not a whole derivation.

    Returns what was removed.

    Raises:
        InputError: it is not a path of the store.
        ToolError, BuildFailedError, IntegrityError: as `repair_environment`.

    """
    if not is_store_path(path):
        raise InputError(f"{path}: neither an environment nor a path of the store")
    if path.endswith(".drv") and making.store.holds([path]):
        _rebuild([path], making)
        return ()
    making.store.delete(path)
    return (path,)


def _rebuild(derivations: Sequence[str], making: Making) -> None:
    store = making.store
    realised = store.repair(derivations, on_begun=reporter(making.on_progress))
    if realised.status != 0:
        raise failed_build(realised, store)
    outputs = store.outputs(derivations)
    if not store.holds(outputs):
        raise IntegrityError(f"{outputs[0]}: still not what the store recorded; its builder varies")
