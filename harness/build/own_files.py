"""What `[image]` of env.toml takes from the environment's directory is there, and is its own.

Nix follows a link that a path leads through: an environment that somebody else wrote would put any
file that the builder may read into the store, which all may read, and into the image.
"""

import os

from harness.build.core.image import Imaged
from harness.errors import InputError
from harness.project.repository import Environment


def require_sources(environment: Environment) -> None:
    """Require that files and inputs of artefacts are files or directories and reached by no link.

    Links inside of a directory are left alone: they are packed as links and followed by nobody.

    Raises:
        InputError: one is not; names its key.

    """
    image = environment.table(Imaged).image
    if image is None:
        return
    where = environment.shown(environment.spec_path)
    top = os.path.realpath(environment.directory)
    for key, path in image.sources:
        place = os.path.join(top, path)
        if os.path.realpath(place) != place:
            raise InputError(f"{where}: {key}: {path} is a link, or below one; name its target")
        if not (os.path.isfile(place) or os.path.isdir(place)):
            raise InputError(
                f"{where}: {key}: {path}: no file or directory of that name beside env.toml"
            )
