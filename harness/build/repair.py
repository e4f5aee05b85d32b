"""Mend what the store no longer holds as it was made: build it anew, or remove it to be fetched."""

from collections.abc import Sequence

from harness.build.realise import OnProgress, failed_build, instantiate, reporter, verified
from harness.errors import InputError, IntegrityError
from harness.fetch.present import broken_inputs
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.store import builds, nix


def repair_environment(
    environment: Environment, *, system: str, on_progress: OnProgress = lambda _: None
) -> tuple[str, ...]:
    """Remove inputs whose content is not the lock's; if there are none, build anew what is broken.

    Returns what was removed.

    Raises:
        InputError: there is no lock, or env.toml is not valid.
        ToolError, BuildFailedError: Nix could not work, or a builder failed.
        IntegrityError: a builder does not give what was there before.

    """
    if broken := broken_inputs(read_lock(environment), system):
        for path in broken:
            nix.delete(path)
        return tuple(broken)
    derivations = instantiate(environment, verified(environment), system=system)
    _rebuild(derivations, on_progress)
    return ()


def repair_path(path: str, *, on_progress: OnProgress = lambda _: None) -> tuple[str, ...]:
    """Build a derivation's outputs anew where they are broken; remove what is no whole derivation.

    Returns what was removed.

    Raises:
        InputError: it is no path of the store.
        ToolError, BuildFailedError, IntegrityError: as `repair_environment`.

    """
    if not nix.is_store_path(path):
        raise InputError(f"{path}: neither an environment nor a path of the store")
    if path.endswith(".drv") and nix.holds([path]):
        _rebuild([path], on_progress)
        return ()
    nix.delete(path)
    return (path,)


def _rebuild(derivations: Sequence[str], on_progress: OnProgress) -> None:
    realised = builds.repair(derivations, on_begun=reporter(on_progress))
    if realised.status != 0:
        raise failed_build(realised)
    outputs = nix.outputs(derivations)
    if not nix.holds(outputs):
        raise IntegrityError(f"{outputs[0]}: still not what the store recorded; its builder varies")
