"""What a person gives `harness diff`: environments, locks, derivations, store paths, files."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from harness.build.realise import instantiate
from harness.diff.core.statements import SUFFIXES, Signed, read_bundle
from harness.diff.images import laid_out, laid_out_of_engine
from harness.diff.names import is_reference
from harness.errors import HarnessError, InputError, ToolError
from harness.host import git
from harness.host.files import explained
from harness.host.processors import current_system
from harness.host.scratch import scratch
from harness.lock.core.pylock import decode_lock
from harness.lock.core.values import Lock
from harness.lock.read import read_lock
from harness.project.core.spec import EnvSpec
from harness.project.repository import (
    Environment,
    find_repository,
    read,
    repository_root,
)
from harness.store import nix
from harness.store.derivations import read_derivation

_SPEC, _PYLOCK = "env.toml", "pylock.toml"
_LOCK = re.compile(r"pylock(\.[^.]+)?\.toml")
"""How locks are named (PEP 751)."""
_OPEN = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""Where a shell's `<(command)` stands: pipes that are open. Others could keep one waiting."""
_MOST_PIPED, _CHUNK = 8 << 30, 1 << 20
_NO_NAMES = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """One side: what is known of it at each level, None where a level does not apply.

    `outputs` are the store paths that exist, by the name of the output ("out").
    """

    name: str
    spec: EnvSpec | None = None
    lock: Lock | None = None
    statements: tuple[Signed, ...] = ()
    derivation: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    is_image: bool = False
    note: str = ""


@contextmanager
def operand(name: str) -> Iterator[Operand]:
    """Say what a name stands for; a revision's files are there until the end.

    Raises:
        InputError: it stands for nothing.
        ToolError: Nix does not work.

    """
    path = Path(name)
    if known := _known(name):
        yield _of_environment(name, known)
    elif path.is_fifo() and str(path.absolute()).startswith(_OPEN):
        with scratch() as directory:
            yield Operand(name=name, path=_poured(path, directory))
    elif os.path.lexists(path) or (os.sep in name and not is_reference(name)):
        with laid_out(path, name) as image:
            yield Operand(name=name, path=image, is_image=True) if image else _of_path(name, path)
    elif is_reference(name):
        with laid_out_of_engine(name) as image:
            yield Operand(name=name, path=image, is_image=True)
    elif "@" in name:
        environment, _, revision = name.partition("@")
        with scratch() as directory:
            yield _of_revision(name, environment, revision, directory)
    else:
        yield _of_environment(name, *find_repository().select([name]))


def _poured(pipe: Path, directory: Path) -> Path:
    """Write what comes out of a pipe into a file, for it can be read once only.

    Raises:
        InputError: more comes than there may.
        ToolError: it cannot be read or written.

    """
    target, left = directory / "pipe", _MOST_PIPED
    with explained(target), pipe.open("rb") as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise InputError(f"{pipe}: more than {_MOST_PIPED >> 30} GiB; name a file instead")
            file.write(chunk)
    return target


def _known(name: str) -> Environment | None:
    """Return the environment of a name, which stands above a file of that name; ./NAME is that."""
    if repository_root(Path.cwd()) is None:
        return None
    return find_repository().environments().get(name)


def _of_path(name: str, path: Path) -> Operand:
    if not path.exists():
        raise InputError(f"{name}: no such file or directory")
    real = Path(os.path.realpath(path))
    if _LOCK.fullmatch(path.name):
        return _of_lock(name, real)
    if path.name.endswith(SUFFIXES):
        return Operand(name=name, statements=read_bundle(read(path, name), name), path=real)
    top = nix.STORE / real.relative_to(nix.STORE).parts[0] if _is_in_store(real) else None
    if top != real or nix.invalid_paths([str(top)]):
        return Operand(name=name, path=real)
    return _of_store(name, str(top))


def _of_lock(name: str, path: Path) -> Operand:
    try:
        return Operand(name=name, lock=decode_lock(read(path, name), name), path=path)
    except HarnessError as error:
        return Operand(name=name, path=path, note=f"{name}: compared as a file: {error}")


def _is_in_store(path: Path) -> bool:
    return path.is_relative_to(nix.STORE) and path != nix.STORE


def _of_store(name: str, path: str) -> Operand:
    if path.endswith(".drv"):
        return Operand(name=name, derivation=path, outputs=_built(path))
    deriver = nix.deriver(path)
    if deriver is None or nix.invalid_paths([deriver]):
        return Operand(name=name, outputs={"out": path}, path=Path(path))
    outputs = read_derivation(deriver).outputs.items()
    own = next((output for output, one in outputs if one.path == path), "out")
    return Operand(name=name, derivation=deriver, outputs={own: path}, path=Path(path))


def _of_revision(name: str, environment: str, revision: str, directory: Path) -> Operand:
    repository = find_repository()
    below = PurePosixPath(repository.settings.environments) / environment
    if environment in _NO_NAMES:
        raise InputError(f"{name}: {environment!r} is not a name of an environment")
    own = directory / repository.settings.environments / environment
    own.mkdir(parents=True)
    for file in (_SPEC, _PYLOCK):
        (own / file).write_bytes(git.read_at(repository.root, revision, below / file))
    (kept,) = replace(repository, root=directory).select([environment])
    with suppress(InputError):  # then the lock alone is compared
        _write_declared(kept, repository.root, revision)
    return _of_environment(name, kept)


def _write_declared(kept: Environment, root: Path, revision: str) -> None:
    """Write what an environment at a revision takes dependencies from, where it looks for that."""
    for index, one in enumerate(kept.table(EnvSpec).dependencies_from):
        path = kept.place(one.file, f"dependencies-from[{index}].file")
        data = git.read_at(
            root, revision, PurePosixPath(path.relative_to(kept.repository.resolve()))
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _of_environment(name: str, environment: Environment) -> Operand:
    lock = read_lock(environment)
    try:
        (derivation,) = instantiate(environment, ["environment"], system=current_system())
    except (ToolError, InputError) as error:
        said = f"{name}: the lock alone is compared: {error}"
        return Operand(name=name, spec=_spec(environment), lock=lock, note=said)
    return Operand(
        name=name,
        spec=environment.spec(),
        lock=lock,
        derivation=derivation,
        outputs=_built(derivation),
    )


def _spec(environment: Environment) -> EnvSpec | None:
    """Return what env.toml asks for; one of an older revision need not be valid today."""
    try:
        return environment.spec()
    except InputError:
        return None


def _built(derivation: str) -> dict[str, str]:
    """Return the outputs of a derivation that the store holds."""
    outputs = {name: one.path for name, one in read_derivation(derivation).outputs.items()}
    missing = set(nix.invalid_paths(outputs.values()))
    return {name: path for name, path in outputs.items() if path not in missing}
