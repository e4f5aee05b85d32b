"""Where a package comes from by env.toml: an index by name, an address, or the usual index."""

from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.lock.core.values import Lock
from harness.project.core.addressed import addressed
from harness.project.core.indexes import serving
from harness.project.core.spec import EnvSpec


def by_address(spec: EnvSpec) -> dict[str, set[str | None]]:
    """Return the packages that are named by address, with the sha256 of each wheel."""
    found: dict[str, set[str | None]] = {}
    for requirement in map(Requirement, spec.dependencies):
        if wheel := addressed(requirement):
            found.setdefault(canonicalize_name(requirement.name), set()).add(wheel.sha256)
    return found


def index_of(package: str, spec: EnvSpec) -> str | None:
    """Return the name of the index that a package comes from; None for the usual, or an address."""
    index = serving(package, spec.indexes)
    is_placed = package in by_address(spec) or package in spec.commits
    return index.name if index and not is_placed else None


def moved(spec: EnvSpec, previous: Lock | None) -> Iterator[str]:
    """Yield packages that come from another place now, which env.toml asks for by saying so."""
    addresses = by_address(spec)
    for package in previous.packages if previous else ():
        if package.commit or package.name in spec.commits:
            is_other = package.commit != spec.commits.get(package.name)
        elif package.name in addresses:
            is_other = not {wheel.sha256 for wheel in package.wheels} <= addresses[package.name]
        else:
            is_other = package.index != index_of(package.name, spec)
        if is_other:
            yield package.name


def has_address(package: str, spec: EnvSpec, *, usual: bool) -> bool:
    """Return whether the lock has the address of a package's wheels.

    That of one which is named by address it always has, of one from an index by name or by commit
    never; `usual` says whether others have theirs.
    """
    if package in spec.commits:
        return False
    return package in by_address(spec) or (usual and index_of(package, spec) is None)
