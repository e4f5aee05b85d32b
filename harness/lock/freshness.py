"""Whether a lock still says what env.toml asks for; told without network."""

from harness.errors import InputError
from harness.lock.read import read_lock
from harness.project.core.spec import spec_sha256
from harness.project.repository import Environment


def stale_reasons(environment: Environment) -> list[str]:
    """Say why the lock must be made again; nothing if it is fresh. Needs no network.

    Raises:
        InputError: env.toml is not valid, or the lock is not a file.

    """
    spec = environment.spec()
    if not environment.lock_path.exists():
        return [f"{environment.shown(environment.lock_path)} is missing"]
    environment.require_lock()
    try:
        lock = read_lock(environment)
    except InputError as error:
        return [str(error)]
    if lock.spec_sha256 != spec_sha256(spec):
        return [f"{environment.shown(environment.spec_path)} has changed since it was locked"]
    return []


def require_fresh(environment: Environment) -> None:
    """Require a lock that says what env.toml asks for.

    Raises:
        InputError: it is missing or stale; says what to run.

    """
    if reasons := stale_reasons(environment):
        raise InputError(f"{'; '.join(reasons)}: run `harness lock {environment.name}`")
