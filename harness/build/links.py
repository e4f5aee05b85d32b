"""What env.toml says of links is about packages that the lock has."""

from difflib import get_close_matches

from harness.build.core.spec import TreeSpec
from harness.errors import InputError
from harness.lock.read import read_lock
from harness.project.repository import Environment


def require_copied(environment: Environment) -> None:
    """Require that the packages to copy are in the lock.

    Raises:
        InputError: one is not; names the one that looks like it.

    """
    locked = {package.name for package in read_lock(environment).packages}
    for name in environment.table(TreeSpec).links.copy:
        if name not in locked:
            near = get_close_matches(name, locked, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            where = environment.shown(environment.spec_path)
            raise InputError(f"{where}: links.copy: {name!r} is not a package of the lock{hint}")
