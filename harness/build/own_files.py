"""What env.toml takes from the repository is there, and is the repository's own.

Nix follows a link that a path leads through: an environment that somebody else wrote would put any
file that the builder may read into the store, which all may read, and into the image.
"""

from collections.abc import Iterable

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
    for key, path in sources:
        place = environment.place(path, key)
        if not (place.is_file() or place.is_dir()):
            raise InputError(
                f"{where}: {key}: {path}: no file or directory of that name beside env.toml"
            )
