"""What env.toml takes from the repository is there, and is the repository's own.

Nix follows a link that a path leads through: an environment that somebody else wrote would put any
file that the builder may read into the store, which all may read, and into the image.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from harness.build.core.image import Imaged
from harness.build.core.spec import TreeSpec
from harness.errors import InputError
from harness.host.scratch import scratch
from harness.project.core.untracked import Untracked
from harness.project.repository import Environment


def sources(environment: Environment, attributes: Sequence[str]) -> list[tuple[str, str]]:
    """Return the keys and paths of what derivations of these attributes take of the repository.

    Raises:
        InputError: env.toml is not valid.

    """
    found: list[tuple[str, str]] = []
    if "image" in attributes and (image := environment.table(Imaged).image):
        found += image.sources
    if "checks" in attributes:
        found += environment.table(TreeSpec).checks.sources
    return found


def left_out(environment: Environment, taken: Sequence[tuple[str, str]]) -> Untracked:
    """Return what no build sees of what is taken, for git does not track it.

    Raises:
        InputError: what is taken is not there, is not the repository's own, or not tracked.
        ToolError: git's repository cannot be read.

    """
    require_sources(environment, taken)
    if not taken:
        return Untracked()
    from harness.project.tracked import untracked  # noqa: PLC0415 - slow: libgit2

    return untracked(environment, taken)


@contextmanager
def told(below: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the path of a file that tells Nix what is left out; nothing for nothing."""
    if not below:
        yield ""
        return
    with scratch() as top:
        (top / "untracked.json").write_text(json.dumps(below))
        yield str(top / "untracked.json")


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
