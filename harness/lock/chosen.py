"""The wheel of each package that a target gets: the one locked already, else what pip takes."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet

from harness.errors import IntegrityError
from harness.lock.core.unmoved import Held, choose, unmoved
from harness.lock.core.wheels import choose_wheel
from harness.sources.core.input import Input
from harness.sources.core.listed import Listed, as_input
from harness.sources.core.target import Target
from harness.sources.index import Resolved
from harness.sources.obtain import complete


def chosen(resolved: Resolved, target: Target, before: Held, sdists: Collection[str] = ()) -> Input:
    """Return the file to lock, with its size and sha256; of `sdists` that is not a wheel.

    Raises:
        InputError: no wheel fits the target, or its name is none of a file.
        ToolError: the file's server cannot be reached.
        IntegrityError: the index has another file than the lock before, under the same name.

    """
    name, version, files = resolved
    listed = files[0] if name in sdists else choose(name, version, files, target, before)
    return unmoved(name, as_input(complete(listed)), before)


def among(resolved: Resolved, target: Target, hashes: AbstractSet[str]) -> Resolved:
    """Return what was resolved with the one file that pip would take of those with these hashes.

    Hashes are "algorithm:digest". What an index does not tell of a file is computed. Where sdists
    are meant, there are no wheels.

    Raises:
        ToolError: the file's server cannot be reached.
        IntegrityError: none of the files that fit the target has one of them.

    """
    name, version, files = resolved
    left = [file for file in files if _may_be(file, hashes)]
    while (best := choose_wheel(left, target) or _sdist(left)) is not None:
        full = complete(best)
        if not hashes.isdisjoint(_told(best) | _told(full)):
            return name, version, [full]
        left.remove(best)
    raise IntegrityError(
        f"{name} {version}: no file of it that fits {target.architecture.system} has one of the "
        f"{len(hashes)} hashes that it may have; the package index has "
        f"{', '.join(file.file for file in files) or 'none'}"
    )


def _sdist(files: Collection[Listed]) -> Listed | None:
    return next((file for file in files if not file.file.endswith(".whl")), None)


def _may_be(file: Listed, hashes: AbstractSet[str]) -> bool:
    """Return whether a file has one of these hashes, or tells none by the same algorithms."""
    algorithms = {one.partition(":")[0] for one in hashes}
    return not (file.hashes.keys() & algorithms) or not hashes.isdisjoint(_told(file))


def _told(file: Listed) -> set[str]:
    return {f"{algorithm}:{digest}" for algorithm, digest in file.hashes.items()}
