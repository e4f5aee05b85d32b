"""What a person gives `harness diff`: environments, locks, derivations, store paths, files."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from harness.adapters import git, nix
from harness.adapters.host import current_system
from harness.adapters.store import read_derivation
from harness.core.lock import Lock
from harness.core.pylock import decode_lock
from harness.errors import InputError, ToolError
from harness.flows.build import instantiate
from harness.flows.images import laid_out
from harness.flows.repository import Environment, Repository, find_repository, read

_LOCK = "pylock.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """One side: what is known of it at each level, None where a level does not apply.

    `outputs` are the store paths that exist, by the name of the output ("out").
    """

    name: str
    lock: Lock | None = None
    derivation: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    note: str = ""


@contextmanager
def operand(name: str) -> Iterator[Operand]:
    """Say what a name stands for; a revision's files are there until the end.

    Raises:
        InputError: it stands for nothing.
        ToolError: Nix does not work.

    """
    path = Path(name)
    if path.exists() or os.sep in name:
        with laid_out(path) as shown:
            yield _of_path(name, shown)
    elif "@" in name:
        environment, _, revision = name.partition("@")
        with tempfile.TemporaryDirectory(prefix="harness-") as directory:
            yield _of_revision(name, environment, revision, Path(directory))
    else:
        (known,) = find_repository().select([name])
        yield _of_environment(name, known)


def _of_path(name: str, path: Path) -> Operand:
    if not path.exists():
        raise InputError(f"{name}: no such file or directory")
    if path.name == _LOCK:
        return Operand(name=name, lock=decode_lock(read(path, name), name))
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(nix.STORE) or real == nix.STORE:
        return Operand(name=name, path=path)
    top = str(nix.STORE / real.relative_to(nix.STORE).parts[0])
    if top != str(real) or nix.invalid_paths([top]):
        return Operand(name=name, path=real)
    if top.endswith(".drv"):
        return Operand(name=name, derivation=top, outputs=_built(top))
    deriver = nix.deriver(top)
    if deriver is None or nix.invalid_paths([deriver]):
        return Operand(name=name, outputs={"out": top}, path=real)
    outputs = read_derivation(deriver).outputs.items()
    own = next((output for output, one in outputs if one.path == top), "out")
    return Operand(name=name, derivation=deriver, outputs={own: top}, path=real)


def _of_revision(name: str, environment: str, revision: str, directory: Path) -> Operand:
    repository = find_repository()
    below = PurePosixPath(repository.settings.environments) / environment
    own = directory / repository.settings.environments / environment
    own.mkdir(parents=True)
    for file in ("env.toml", _LOCK):
        (own / file).write_bytes(git.read_at(repository.root, revision, below / file))
    kept = Repository(root=directory, settings=repository.settings)
    return _of_environment(name, kept.environments()[environment])


def _of_environment(name: str, environment: Environment) -> Operand:
    lock = environment.lock()
    try:
        (derivation,) = instantiate(environment, ["environment"], system=current_system())
    except (ToolError, InputError) as error:
        return Operand(name=name, lock=lock, note=f"{name}: the lock alone is compared: {error}")
    return Operand(name=name, lock=lock, derivation=derivation, outputs=_built(derivation))


def _built(derivation: str) -> dict[str, str]:
    """Return the outputs of a derivation that the store holds."""
    outputs = {name: one.path for name, one in read_derivation(derivation).outputs.items()}
    missing = set(nix.invalid_paths(outputs.values()))
    return {name: path for name, path in outputs.items() if path not in missing}
