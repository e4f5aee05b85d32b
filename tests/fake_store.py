"""A store without Nix: derivations, records and builders in memory, outputs as trees on disk.

A builder is a function of the conditions that it is run under. What an attacker or a fault would do
to a store is a method.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import BuildFailedError, ToolError
from harness.store import trees
from harness.store.builds import OnBegun, quiet
from harness.store.core import storepath
from harness.store.core.building import PLAIN, Realised, Rebuilt, Under
from harness.store.core.derivation import Derivation, Output
from harness.store.core.log import Begun, Failure
from harness.store.core.registration import Registration
from harness.store.verbs import Store
from harness.verify.core.factors.levers import INSIDE
from harness.verify.core.factors.rows import registered

_GAVE_UP, _FAILED, _DIFFERS = 1, 100, 104
"""How Nix exits: it could not work, a builder failed, an output differs."""

Tree = bytes | Mapping[str, bytes]
"""The content of a file, or the contents of files by their paths below a directory."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """One run of a builder: which one it is from 0, and the conditions that it finds."""

    count: int
    lines: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    def moves(self, name: str) -> bool:
        """Whether the shim, or Nix, moves a factor."""
        (factor,) = (one for one in registered() if one.name == name)
        return bool(factor.moved) and {*factor.moved} <= {*self.lines}


Builder = Callable[[Build], Mapping[str, Tree]]
"""From a run to the tree of each output; raises BuildFailedError where it fails."""


def always(**outputs: Tree) -> Builder:
    """Build the same each time."""
    return lambda _: outputs


def failing(_: Build) -> Mapping[str, Tree]:
    """Build nothing."""
    raise BuildFailedError("no space between these lines")


class FakeClock:
    """A clock that moves only while somebody waits."""

    def __init__(self) -> None:
        self.time = datetime(2024, 6, 1, 12, 0, 30, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@dataclass
class FakeStore:
    """Keeps its trees below `root`; `runs` has the derivations built or rebuilt, in order.

    Builders `beyond_the_shim` do not load it, those `counting` ask how many processors there are.
    """

    root: Path
    attributes: dict[str, str] = field(default_factory=dict)
    derivations: dict[str, Derivation] = field(default_factory=dict)
    builders: dict[str, Builder] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    roots: dict[Path, list[str]] = field(default_factory=dict)
    beyond_the_shim: set[str] = field(default_factory=set)
    counting: set[str] = field(default_factory=set)
    _ends: dict[str, list[Rebuilt]] = field(default_factory=dict)
    _refused: list[str] = field(default_factory=list)

    def __hash__(self) -> int:
        return id(self)

    # What a test puts into it.

    def add(
        self,
        name: str,
        builder: Builder,
        *,
        outputs: Sequence[str] = ("out",),
        needs: Sequence[str] = (),
    ) -> str:
        """Add a derivation that is not built yet; `needs` are those that it is built from."""
        paths = {
            one: Output(path=self._path(f"{name}-{one}"), hash_algorithm="", hash="")
            for one in outputs
        }
        return self._added(name, paths, builder, needs)

    def built(
        self,
        name: str,
        builder: Builder,
        *,
        outputs: Sequence[str] = ("out",),
        needs: Sequence[str] = (),
    ) -> str:
        """Add a derivation and build it."""
        path = self.add(name, builder, outputs=outputs, needs=needs)
        assert self.realise([path]).status == 0
        return path

    def fixed(self, path: str, tree: Tree) -> str:
        """Add an input with a fixed output, which is there."""
        name = Path(path).name
        output = Output(path=path, hash_algorithm="sha256", hash="0" * 64)
        derivation = self._added(name, {"out": output}, always(out=tree), ())
        assert self.realise([derivation]).status == 0
        return derivation

    def floating(self, name: str) -> str:
        """Add a derivation whose output has no path before it is built."""
        nowhere = Output(path="", hash_algorithm="r:sha256", hash="")
        return self._added(name, {"out": nowhere}, failing, ())

    def source(self, derivation: str, content: bytes) -> str:
        """Let a derivation be built from a source, too."""
        path = self._path(f"{Path(derivation).name}-source")
        self._write(path, content)
        known = self.derivations[derivation]
        self.derivations[derivation] = replace(known, sources=(*known.sources, path))
        return path

    def path(self, derivation: str, output: str = "out") -> str:
        """Return where an output is."""
        return self.derivations[derivation].outputs[output].path

    def place(self, path: str) -> Path:
        """Return where a path of the store is on disk."""
        return self.root / Path(path).name

    # What happens to stores.

    def change(self, path: str, tree: Tree) -> None:
        """Change what is on disk behind the database's back."""
        _remove(self.place(path))
        _lay(self.place(path), tree)

    def lie(self, path: str) -> None:
        """Have the database say that what is on disk now is what was built."""
        self.recorded[path] = self._hash(path)

    def forget(self, path: str) -> None:
        """Remove a path from the database and the disk."""
        del self.recorded[path]
        _remove(self.place(path))

    def lose(self, path: str) -> None:
        """Remove a path from the disk and leave it in the database."""
        _remove(self.place(path))

    def kill(self, derivation: str, *, times: int = 1) -> None:
        """Let the next rebuilds end by SIGKILL."""
        killed = replace(_rebuilt(status=_FAILED, said="killed by signal 9"), killed=True)
        self._ends[derivation] = [killed] * times

    def give_up(self, derivation: str) -> None:
        """Let Nix end the next rebuild, and tell of no builder that failed."""
        self._ends[derivation] = [_rebuilt(status=_GAVE_UP, said="no space left")]

    def refuse(self, *options: str) -> None:
        """Let the daemon take no such options from this user."""
        self._refused = sorted(options)

    # What flows ask of it: `harness.store.verbs.Store`.

    def version(self) -> str:
        return "2.8.0"

    def instantiate(
        self, file: Path, *, arguments: Mapping[str, str], attributes: Sequence[str]
    ) -> list[str]:
        assert file.is_file()
        assert "system" in arguments
        if unknown := [name for name in attributes if name not in self.attributes]:
            raise ToolError(f"{file.name} has no attribute {unknown[0]}")
        return [self.attributes[name] for name in attributes]

    def derivation(self, path: str) -> Derivation:
        return self.derivations[path]

    def outputs(self, derivations: Sequence[str]) -> list[str]:
        return [
            output.path
            for path in derivations
            for output in self.derivations[path].outputs.values()
        ]

    def requisites(self, paths: Iterable[str]) -> list[str]:
        found: dict[str, None] = {}
        for path in paths:
            if path not in self.recorded:
                raise ToolError(f"path '{path}' is not valid")
            if path in self.derivations:
                one = self.derivations[path]
                found |= dict.fromkeys([*self.requisites(one.inputs), *one.sources])
            found[path] = None
        return list(found)

    def invalid_paths(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if path not in self.recorded]

    def registrations(self, paths: Sequence[str]) -> dict[str, Registration]:
        if gone := self.invalid_paths(paths):
            raise ToolError(f"path '{gone[0]}' is not valid")
        return {path: Registration(nar_hash=self.recorded[path], nar_size=1) for path in paths}

    def holds(self, paths: Sequence[str]) -> bool:
        return all(self.is_there(one) and self._hash(one) == self.recorded[one] for one in paths)

    def is_there(self, path: str) -> bool:
        return self.place(path).exists()

    def nar_sha256(self, path: str) -> str:
        return trees.nar_sha256(self.place(path))

    def file_sha256(self, path: str) -> str:
        return trees.file_sha256(self.place(path))

    def add_fixed(self, files: Iterable[Path]) -> list[str]:
        return [
            self._kept(storepath.flat(file.name, trees.file_sha256(file)), file) for file in files
        ]

    def add_fixed_directory(self, directory: Path) -> str:
        path = storepath.recursive(directory.name, trees.nar_sha256(directory))
        return self._kept(path, directory)

    def refused(self, path: str) -> list[str]:
        assert path in self.derivations
        return self._refused

    def add_roots(self, root: Path, paths: Sequence[str]) -> None:
        self.roots[root] = list(paths)

    def discard(self, path: Path) -> None:
        _remove(path)

    def read_log(self, path: str) -> str:
        return f"log of {Path(path).name}\n"

    def realise(
        self,
        derivations: Sequence[str],
        *,
        on_begun: OnBegun = quiet,
        root: Path | None = None,
        jobs: int | None = None,
    ) -> Realised:
        assert jobs != 0
        failures: list[Failure] = []
        waiting = [
            path
            for path in self.requisites(derivations)
            if path in self.derivations and self.invalid_paths(self.outputs([path]))
        ]
        for count, path in enumerate(waiting, 1):
            on_begun(Begun(derivation=path, begun=count, planned=len(waiting)))
            try:
                built = self._run(path, PLAIN)
            except BuildFailedError as error:
                failures.append(Failure(message=str(error), derivation=path))
                break
            except ToolError as error:
                failures.append(Failure(message=str(error)))
                break
            for name, tree in built.items():
                self._write(self.path(path, name), tree)
        if root and not failures:
            self.add_roots(root, self.outputs(derivations))
        return Realised(
            argv=("nix-store", "--realise"),
            status=_status(failures),
            paths=tuple(self.outputs(derivations)),
            failures=tuple(failures),
            printed=(),
        )

    def realise_foreign(
        self, derivations: Sequence[str], *, on_begun: OnBegun = quiet, jobs: int | None = None
    ) -> Realised:
        return self.realise(derivations, on_begun=on_begun, jobs=jobs)

    def repair(self, derivations: Sequence[str], *, on_begun: OnBegun = quiet) -> Realised:
        before = dict(self.recorded)
        for output in self.outputs(derivations):
            if not self.holds([output]):
                self.forget(output)
        realised = self.realise(derivations, on_begun=on_begun)
        self.recorded |= before
        return realised

    def delete(self, path: str) -> None:
        self.forget(path)

    def rebuild(self, derivation: str, outputs: Iterable[str], under: Under = PLAIN) -> Rebuilt:
        try:
            built = self._run(derivation, under)
        except BuildFailedError as error:
            return _rebuilt(status=_FAILED, said=str(error))
        if ends := self._ends.get(derivation):
            return ends.pop()
        names = {one.path: name for name, one in self.derivations[derivation].outputs.items()}
        for output in outputs:
            kept = Path(f"{self.place(output)}.check")
            _lay(kept, built[names[output]])
            if trees.nar_sha256(kept) != self.nar_sha256(output):
                return _rebuilt(status=_DIFFERS, differing={output: str(kept)})
            _remove(kept)
        return _rebuilt(status=0)

    def rebuild_apart(
        self, derivation: str, inputs: Sequence[str], root: Path, under: Under = PLAIN
    ) -> None:
        assert derivation in inputs
        for name, tree in self._run(derivation, under).items():
            place = root / self.path(derivation, name).lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            _lay(place, tree)

    # How it does that.

    def _added(
        self, name: str, outputs: Mapping[str, Output], builder: Builder, needs: Sequence[str]
    ) -> str:
        path = self._path(f"{name}.drv")
        self._write(path, name.encode())
        self.builders[path] = builder
        self.derivations[path] = Derivation(
            outputs=outputs,
            inputs=dict.fromkeys(needs, ("out",)),
            sources=(),
            system="x86_64-linux",
            builder="/bin/sh",
            arguments=(),
            environment={},
        )
        return path

    def _run(self, derivation: str, under: Under) -> Mapping[str, Tree]:
        count = self.runs.count(derivation)
        self.runs.append(derivation)
        bound = under.options.get("sandbox-paths", "").split()
        inside = next(
            (Path(one.partition("=")[2]) for one in bound if one.startswith(f"{INSIDE}=")), None
        )
        if inside is None or derivation in self.beyond_the_shim:
            return self.builders[derivation](Build(count=count, options=under.options))
        (inside / "seen" / "1.0").touch()
        if derivation in self.counting:
            (inside / "seen" / "processors-counted").symlink_to("yes")
        lines = tuple((inside / "conf").read_text().splitlines())
        return self.builders[derivation](Build(count=count, lines=lines, options=under.options))

    def _path(self, name: str) -> str:
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]
        return str(self.root / f"{digest}-{name}")

    def _kept(self, path: str, made: Path) -> str:
        place = self.place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if made.is_dir():
            shutil.copytree(made, place, symlinks=True)
        else:
            shutil.copy2(made, place)
        self.recorded[path] = self._hash(path)
        return path

    def _write(self, path: str, tree: Tree) -> None:
        _lay(self.place(path), tree)
        self.recorded[path] = self._hash(path)

    def _hash(self, path: str) -> str:
        return f"sha256:{storepath.base32(bytes.fromhex(self.nar_sha256(path)))}"


def _status(failures: Sequence[Failure]) -> int:
    if not failures:
        return 0
    return _FAILED if failures[0].derivation else _GAVE_UP


def _rebuilt(status: int, differing: Mapping[str, str] | None = None, said: str = "") -> Rebuilt:
    return Rebuilt(
        status=status,
        differing=differing or {},
        differs=bool(differing),
        failed=status == _FAILED,
        killed=False,
        said=said,
    )


def _lay(place: Path, tree: Tree) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(tree, bytes):
        place.write_bytes(tree)
        return
    place.mkdir()
    for path, content in tree.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def is_a_store(store: FakeStore) -> Store:
    """Have it checked that flows may take one for the other."""
    return store


def broken_nix(_: Build) -> Mapping[str, Tree]:
    """Fail as Nix does where it cannot work."""
    raise ToolError("the disk is full")
