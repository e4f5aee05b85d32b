"""The wheel of each package that a target gets: the one locked already, else what pip takes."""

from collections.abc import Collection

from harness.lock.core.unmoved import Held, choose, unmoved
from harness.sources.core.input import Input
from harness.sources.core.listed import as_input
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
