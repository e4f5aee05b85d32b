"""What is said where a repository's flake would build from another version of the Nix library."""

from pathlib import Path

from harness import __version__
from harness.commands.parts.output import say
from harness.project.library import LIBRARY, other_version


def warn_of_copy(root: Path) -> None:
    """Say on stderr that the copy below `nix/harness` is not that of this harness."""
    version = other_version(root)
    if version is None:
        return
    which = f"is that of harness {version}, this is {__version__}"
    if version in {"", __version__}:
        which = f"is not that of this harness, {__version__}"
    say(
        f"warning: the Nix library in {LIBRARY} {which}: `nix develop` and `nix flake check` may "
        "build something else; `harness tool library` writes it again",
        err=True,
    )
