"""What a person names to be verified besides an environment: files, store paths, flakes."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InputError
from harness.host.processors import current_system
from harness.project.repository import repository_root
from harness.render.address import ESCAPE, hidden, problem, redacted
from harness.store import nix
from harness.store.core.flake import parse_reference

_FETCHER = re.compile(r"^[a-z]+\+")
_SCHEMES = ("http", "https", "ssh", "git")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Derivations by their store paths, and the name that a person gave them."""

    name: str
    derivations: tuple[str, ...]


def is_environment(name: str) -> bool:
    """Return whether a name can only be that of an environment."""
    return "#" not in name and os.sep not in name


def named(name: str) -> Target:
    """Return the derivations of a store path or of a flake's attribute.

    Raises:
        InputError: it is neither, or nothing is known of how the path was built; or as
            `harness.store.evaluation.instantiate_flake`.
        ToolError: the evaluation failed.

    """
    if "#" in name:
        _require_address(name)
        from harness.store.evaluation import instantiate_flake  # noqa: PLC0415 - slow: libgit2

        derivations = instantiate_flake(parse_reference(name), current_system())
        return Target(name=redacted(name, hidden(name)), derivations=tuple(derivations))
    path = os.path.realpath(name)
    if not path.startswith(f"{nix.STORE}/"):
        raise InputError(
            f"{name}: neither an environment, a store path nor a flake's attribute (FLAKE#ATTR); "
            "a Nix file is given by --file"
        )
    top = str(nix.STORE / Path(path).relative_to(nix.STORE).parts[0])
    if nix.invalid_paths([top]):
        raise InputError(f"{top}: not in the store")
    if top.endswith(".drv"):
        return Target(name=name, derivations=(top,))
    deriver = nix.deriver(top)
    if deriver is None or nix.invalid_paths([deriver]):
        raise InputError(
            f"{top}: the store does not hold the derivation that it was built from; instantiate "
            "it, or name the .drv"
        )
    return Target(name=name, derivations=(deriver,))


def _require_address(name: str) -> None:
    """Refuse an address of a flake that Nix and git would repeat in errors with its password."""
    flake, _, attribute = name.partition("#")
    address = _FETCHER.sub("", flake)
    if "://" in address and address.partition("://")[0] in _SCHEMES:
        wrong = problem(address, _SCHEMES) or (ESCAPE if "@" in attribute else None)
        if wrong:
            raise InputError(f"FLAKE#ATTR: {wrong}")


def in_file(file: Path, attributes: Sequence[str]) -> Target:
    """Return the derivations of attributes of a Nix file, or of the file itself.

    It may read the repository that it is in, or without one the directory.

    Raises:
        InputError: it is not a regular file.
        ToolError: the evaluation failed.

    """
    real = file.resolve()
    from harness.store.evaluation import instantiate_file  # noqa: PLC0415 - as above

    derivations = instantiate_file(real, _readable_by(real), attributes)
    shown = f"{file}{''.join(f' {attribute}' for attribute in attributes)}"
    return Target(name=shown, derivations=tuple(derivations))


def _readable_by(file: Path) -> Path:
    """Return the repository around a file, unless the user's home is in that, or its directory."""
    top = repository_root(file.parent)
    if top is None or Path.home().resolve().is_relative_to(top):
        return file.parent
    return top


def together(targets: Sequence[Target]) -> Target:
    """Return one target for several, so that they are verified side by side."""
    derivations = tuple(dict.fromkeys(path for one in targets for path in one.derivations))
    name = targets[0].name if len(targets) == 1 else f"{len(derivations)} derivations"
    return Target(name=name, derivations=derivations)
