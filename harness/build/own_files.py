"""What env.toml takes from the repository is there, and is the repository's own.

Nix follows a link that a path leads through: an environment that somebody else wrote would put any
file that the builder may read into the store, which all may read, and into the image.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from harness.errors import InputError
from harness.project.repository import Environment


def require_sources(environment: Environment, sources: Iterable[tuple[str, str]]) -> None:
    """Require that paths of env.toml, each with its key, lead to files or directories, by no link.

    They are relative to env.toml's directory and stay in the repository. Links inside of a
    directory are left alone: they are packed as links and followed by nobody.

    Raises:
        InputError: one does not; names its key.

    """
    where = environment.shown(environment.spec_path)
    root = environment.repository.resolve()
    top = os.path.realpath(environment.directory)
    for key, path in sources:
        place = os.path.normpath(os.path.join(top, path))
        if root not in Path(place).parents:
            raise InputError(f"{where}: {key}: {path} leads out of the repository")
        if os.path.realpath(place) != place:
            raise InputError(f"{where}: {key}: {path} is a link, or below one; name its target")
        if not (os.path.isfile(place) or os.path.isdir(place)):
            raise InputError(
                f"{where}: {key}: {path}: no file or directory of that name beside env.toml"
            )
