"""The bill of materials of an environment, from its lock and the wheels that the store holds."""

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from harness import __version__
from harness.fetch.present import require_inputs
from harness.lock.core.required import wheels
from harness.lock.freshness import require_fresh
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.sbom.core.bill import Billed, bill
from harness.sbom.core.wheel_metadata import Metadata, decode_metadata
from harness.sbom.wheel_files import read_metadata
from harness.sources.core.input import Input
from harness.store import trees
from harness.store.core import storepath
from harness.store.verbs import NIX, Store


def sbom(environment: Environment, *, system: str, store: Store = NIX) -> bytes:
    """Return the bill of materials of an environment on a system, as CycloneDX in JSON.

    Raises:
        InputError: the lock is missing, stale or not for the system, or an input is not fetched or
            no wheel.
        ToolError: Nix does not work, or a wheel cannot be read.

    """
    require_fresh(environment)
    lock = read_lock(environment)
    require_inputs(lock, system, environment=environment.name, store=store)
    billed = Billed(
        environment=environment.name,
        system=system,
        asked=tuple(map(Requirement, environment.spec().dependencies)),
        lock=lock,
        harness=__version__,
        lock_sha256=trees.file_sha256(environment.lock_path),
        metadata={
            parse_wheel_filename(wheel.file)[0]: _metadata(wheel, store)
            for wheel in wheels(lock, system)
        },
    )
    return bill(billed)


def _metadata(wheel: Input, store: Store) -> Metadata:
    path = store.place(storepath.flat(wheel.store_name, wheel.sha256))
    return decode_metadata(read_metadata(path, wheel.file))
