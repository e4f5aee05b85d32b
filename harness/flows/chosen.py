"""The wheel of each package that a target gets: the one locked already, else what pip takes."""

from harness.adapters.index import Resolved
from harness.adapters.obtain import complete
from harness.core.inputs import Input
from harness.core.kept import Held, choose, unmoved
from harness.core.listed import as_input
from harness.core.target import Target


def chosen(resolved: Resolved, target: Target, before: Held) -> Input:
    """Return the file to lock, with its size and sha256.

    Raises:
        InputError: no wheel fits the target, or its name is none of a file.
        ToolError: the file's server cannot be reached.
        IntegrityError: the index has another file than the lock before, under the same name.

    """
    name, version, files = resolved
    listed = choose(name, version, files, target, before)
    return unmoved(name, as_input(complete(listed)), before)
