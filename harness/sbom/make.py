"""The bill of materials of an environment, from its lock and the wheels that the store holds."""

from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from harness import __version__
from harness.fetch.present import require_inputs
from harness.lock.core.required import sdists, wheels
from harness.lock.core.values import Package
from harness.lock.freshness import require_fresh
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.sbom.core.bill import Billed, bill
from harness.sbom.core.wheel_metadata import Metadata, decode_metadata
from harness.sbom.wheel_files import read_metadata
from harness.sources.core.input import Input
from harness.sources.sdist import read_info, read_sdist
from harness.store import trees
from harness.store.core import storepath
from harness.store.verbs import NIX, Store

_NOT_PROMISED = "perhaps others: its sdist does not promise that they are all (metadata 2.2)"


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
            **{
                parse_wheel_filename(wheel.file)[0]: _metadata(wheel, store)
                for wheel in wheels(lock, system)
            },
            **{one.name: _stated(one, file, store) for one, file in sdists(lock, system)},
        },
    )
    return bill(billed)


def _metadata(wheel: Input, store: Store) -> Metadata:
    return decode_metadata(read_metadata(_place(wheel, store), wheel.file))


def _stated(package: Package, sdist: Input, store: Store) -> Metadata:
    """Return what an sdist says of itself, and that it is not all where it does not promise so."""
    path = _place(sdist, store)
    known = decode_metadata(read_info(path) or b"")
    if read_sdist(path, (package.name, package.version)).stated:
        return known
    return replace(known, unread=(*known.unread, _NOT_PROMISED))


def _place(file: Input, store: Store) -> Path:
    return store.place(storepath.flat(file.store_name, file.sha256))
