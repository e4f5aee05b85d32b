"""A repository: where it begins, its settings, and its environments."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from harness import __version__
from harness.documents.key import Keys
from harness.documents.table import describe
from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.host import foreign
from harness.host.files import lock, write_atomically
from harness.project.core.settings import Settings, require_version, usual
from harness.render.printable import printable

if TYPE_CHECKING:
    from harness.project.core.spec import EnvSpec

OnWait = Callable[[], None]
T = TypeVar("T", bound=Keys)

_MARKS = ("harness.toml", "pyproject.toml", "flake.nix", ".git")


@dataclass(frozen=True)
class Environment:
    """One directory `envs/<name>/`; its files are read when they are asked for, and once."""

    name: str
    directory: Path
    repository: Path
    _tables: dict[type[Keys], Keys] = field(default_factory=dict, compare=False, repr=False)

    @property
    def spec_path(self) -> Path:
        """What a person writes."""
        return self.directory / "env.toml"

    @property
    def lock_path(self) -> Path:
        """What `harness lock` writes."""
        return self.directory / "pylock.toml"

    @property
    def roots(self) -> Path:
        """The directory of the garbage collector's roots of this environment."""
        return self.repository / ".harness" / "roots" / self.name

    @property
    def kept_below(self) -> Path:
        """The directory of what was kept of differences: rebuilt trees, and roots of the first."""
        return self.repository / ".harness" / "differences" / self.name

    @cached_property
    def spec_bytes(self) -> bytes:
        """What stands in env.toml, as it was when it was first asked for.

        Raises:
            InputError: it is not there, or not to be read.

        """
        return read(self.spec_path, self.shown(self.spec_path))

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """What env.toml holds, before anything of it is decoded.

        Raises:
            InputError: it is not TOML, or not to be read.

        """
        return parse_toml(self.spec_bytes, self.shown(self.spec_path))

    def table(self, kind: type[T]) -> T:
        """Return the keys of env.toml that a capability owns.

        Raises:
            InputError: one of them is not valid.

        """
        if kind not in self._tables:
            self._tables[kind] = decoded(kind, self.document, self.shown(self.spec_path))
        return cast("T", self._tables[kind])

    def spec(self) -> "EnvSpec":
        """Return what determines the lock, with the dependencies that other files declare.

        Raises:
            InputError: it is not valid, or what it takes from elsewhere is not.

        """
        from harness.project.core.spec import EnvSpec

        return self.whole(self.table(EnvSpec))

    def whole(self, spec: "EnvSpec") -> "EnvSpec":
        """Return a spec of this environment with the dependencies that other files declare.

        Its constraints are then those that the files hold.

        Raises:
            InputError: one of them is not there, or not valid.

        """
        if not spec.declares_elsewhere:
            return spec
        from harness.project.core.others.requirements import constraints
        from harness.project.core.own import own
        from harness.project.core.projects import declared, declares, with_own
        from harness.project.core.spec import DependenciesFrom

        found = list(spec.dependencies)
        for index, one in enumerate(spec.dependencies_from):
            document, where = self._document(one.file, f"dependencies-from[{index}].file")
            found += declared(document, one, where)
        if spec.project:
            file = f"{spec.project.path}/pyproject.toml"
            document, where = self._document(file, "project.path")
            made = own(document, spec.project, where)
            found, extras = with_own(found, made)
            wanted = DependenciesFrom(file=file, project=declares(document), extras=extras)
            found += declared(document, wanted, where)
            spec = replace(spec, project=made)
        bounds = list[str]()
        for index, name in enumerate(spec.constraints):
            path = self.place(name, f"constraints[{index}]")
            where = str(path.relative_to(self.repository.resolve()))
            bounds += constraints(read(path, where), where)
        unique = tuple(dict.fromkeys(found))
        return replace(spec, dependencies=unique, constraints=tuple(dict.fromkeys(bounds)))

    def _document(self, file: str, key: str) -> tuple[Mapping[str, Any], str]:
        """Return a pyproject.toml that env.toml names, and how errors name it."""
        path = self.place(file, key)
        where = str(path.relative_to(self.repository.resolve()))
        return parse_toml(read(path, where), where), where

    def located(self, path: str) -> Path:
        """Return where a path of env.toml leads by its steps; no link is followed on the way."""
        return Path(os.path.normpath(self.directory.resolve() / path))

    def place(self, path: str, key: str) -> Path:
        """Return where a path of env.toml leads, relative to that: inside of the repository.

        Raises:
            InputError: it leads out of it, or over a link.

        """
        where, root = self.shown(self.spec_path), self.repository.resolve()
        place = self.located(path)
        if root not in place.parents:
            raise InputError(f"{where}: {key}: {path} leads out of the repository")
        if place.is_symlink() or os.path.realpath(place) != str(place):
            raise InputError(f"{where}: {key}: {path} is a link, or below one; name its target")
        return place

    def write_spec(self, data: bytes) -> None:
        """Write env.toml anew; what was read of it is forgotten.

        Raises:
            ToolError: it cannot be written.

        """
        write_atomically(self.spec_path, data)
        for name in ("spec_bytes", "document"):
            self.__dict__.pop(name, None)
        self._tables.clear()

    def require_lock(self) -> None:
        """Refuse to go on without a lock, or with one that Nix could not read to its end.

        Raises:
            InputError: there is none, or it or env.toml is not a regular file or too large.

        """
        if not self.lock_path.exists():
            raise InputError(
                f"{self.shown(self.lock_path)}: missing; run `harness lock {self.name}`"
            )
        for path in (self.spec_path, self.lock_path):
            foreign.require(path, self.shown(path))

    @contextmanager
    def changing(self, on_wait: OnWait = lambda: None) -> Iterator[None]:
        """Be the only one who reads env.toml and the lock to write them again.

        `on_wait` is called once where another process is at it, before that is waited for.

        Raises:
            ToolError: the directory cannot be locked.

        """
        with lock(self.directory, on_wait=on_wait):
            yield

    def require_inside(self) -> None:
        """Refuse a directory that a link puts outside of the repository: files are written there.

        Raises:
            InputError: it is.

        """
        real = self.directory.resolve()
        if not real.is_relative_to(self.repository.resolve()):
            raise InputError(f"{self.shown(self.directory)}: a link leads out of the repository")

    @cached_property
    def lock_bytes(self) -> bytes:
        """What pylock.toml holds, as it was when it was first asked for.

        Raises:
            InputError: there is none, or it is not to be read.

        """
        self.require_lock()
        return read(self.lock_path, self.shown(self.lock_path))

    def shown(self, path: Path) -> str:
        """Return a path as messages name it: relative to the repository."""
        return str(path.relative_to(self.repository))


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A directory tree with environments and its settings."""

    root: Path
    document: Mapping[str, Any] = field(default_factory=dict)
    where: str = "harness.toml"

    def table(self, kind: type[T]) -> T:
        """Return the settings that a capability owns.

        Raises:
            InputError: one of them is not valid.

        """
        return decoded(kind, self.document, self.where)

    @cached_property
    def settings(self) -> Settings:
        """What the settings say of the repository as a whole.

        Raises:
            InputError: it is not valid.

        """
        return usual(self.document) or self.table(Settings)

    @property
    def environments_directory(self) -> Path:
        """Where the environments are."""
        return self.root / self.settings.environments

    def environments(self) -> dict[str, Environment]:
        """Return every environment by name, in order.

        Raises:
            InputError: a directory's name would end or change the lines that it stands in.

        """
        found = sorted(self.environments_directory.glob("*/env.toml"))
        for path in found:
            if printable(name := path.parent.name) != name:
                raise InputError(
                    f"{self.environments_directory}: {name!r} is not a valid environment name; "
                    "rename the directory"
                )
        return {
            path.parent.name: Environment(path.parent.name, path.parent, self.root)
            for path in found
        }

    def select(self, names: Sequence[str]) -> list[Environment]:
        """Return the named environments, or all of them.

        Raises:
            InputError: no such environment, none at all, or one that a link puts elsewhere.

        """
        known = self.environments()
        if not known:
            raise InputError(
                f"{self.environments_directory}: holds no environment; `harness init` writes one"
            )
        for name in names:
            if name not in known:
                last = name.rstrip("/").rpartition("/")[2]  # who completes a path in a shell
                near = [last] if last in known else get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
                raise InputError(f"no environment {name!r}; {hint}")
        chosen = [known[name] for name in dict.fromkeys(names or known)]
        for environment in chosen:
            environment.require_inside()
        return chosen


def find_repository(start: Path | None = None) -> Repository:
    """Return the repository around a directory (the current one by default).

    Raises:
        InputError: there is none, or its settings are not valid.

    """
    here = (start or Path.cwd()).resolve()
    root = repository_root(here)
    if root is None:
        raise InputError(
            f"{here}: not inside a repository (no {', '.join(_MARKS)}); `harness init`"
        )
    return repository_at(root)


def repository_root(start: Path) -> Path | None:
    """Return the nearest directory, from an absolute path upwards, that looks like a repository."""
    for directory in (start, *start.parents):
        if any((directory / mark).exists() for mark in _MARKS):
            return directory
    return None


def repository_at(root: Path) -> Repository:
    """Return the repository that begins at a directory.

    Its settings are `[tool.harness]` of pyproject.toml, or harness.toml where that is missing.

    Raises:
        InputError: they are not a table, or ask for another version of harness.

    """
    if (table := project_settings(root)) is not None:
        where = "pyproject.toml: tool.harness"
        if not isinstance(table, Mapping):
            raise InputError(f"{where}: expected a table, found {describe(table)}")
        return _repository(root, table, where)
    own = root / "harness.toml"
    if own.exists():
        return _repository(root, parse_toml(read(own, own.name), own.name), own.name)
    return Repository(root=root)


def _repository(root: Path, document: Mapping[str, Any], where: str) -> Repository:
    require_version(document, where, __version__)
    return Repository(root=root, document=document, where=where)


def project_settings(root: Path) -> Any:
    """Return `[tool.harness]` of pyproject.toml as it stands there, or None.

    Raises:
        InputError: pyproject.toml is not TOML.

    """
    project = root / "pyproject.toml"
    if not project.exists():
        return None
    tool = parse_toml(read(project, project.name), project.name).get("tool")
    return tool.get("harness") if isinstance(tool, dict) else None


def read(path: Path, where: str) -> bytes:
    """Read a file that the user should have written.

    Raises:
        InputError: it is not there, no regular file, or too large.
        ToolError: it cannot be read.

    """
    return foreign.read(path, where)


def decoded(kind: type[T], document: Mapping[str, Any], where: str) -> T:
    """Return the keys of a document that a capability owns.

    Raises:
        InputError: one of them is not valid.

    """
    from harness.documents.decode import decode

    return decode(kind, document, where)
