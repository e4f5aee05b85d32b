"""What flows ask of a store; `NIX` is this machine's, and tests have one that is kept in memory."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.store import builds, derivations, nix, trees
from harness.store.builds import OnBegun, quiet
from harness.store.core.building import PLAIN, Realised, Rebuilt, Under
from harness.store.core.derivation import Derivation
from harness.store.core.registration import Registration


class Store(Protocol):
    """Derivations, outputs, what is recorded of them, and builds; see `harness.store.nix`."""

    def __hash__(self) -> int: ...

    def version(self) -> str:
        """Return Nix's version."""

    def instantiate(
        self, file: Path, *, arguments: Mapping[str, str], attributes: Sequence[str]
    ) -> list[str]:
        """Evaluate attributes of a file and return their derivations."""

    def derivation(self, path: str) -> Derivation:
        """Read a derivation."""

    def outputs(self, derivations: Sequence[str]) -> list[str]:
        """Return the paths of all outputs, in the order of the derivations."""

    def requisites(self, paths: Iterable[str]) -> list[str]:
        """Return the closure, references first."""

    def invalid_paths(self, paths: Iterable[str]) -> list[str]:
        """Return those that the store does not hold."""

    def registrations(self, paths: Sequence[str]) -> dict[str, Registration]:
        """Return what is recorded of each path, all of which the store holds."""

    def holds(self, paths: Sequence[str]) -> bool:
        """Rehash and return whether each has the content that was recorded."""

    def is_there(self, path: str) -> bool:
        """Return whether anything is at a path, whatever is recorded."""

    def nar_sha256(self, path: str) -> str:
        """Return the sha256 (hex) of the archive of what is at a path."""

    def file_sha256(self, path: str) -> str:
        """Return the sha256 (hex) of the file at a path."""

    def add_fixed(self, files: Iterable[Path]) -> list[str]:
        """Add files by sha256 and return their paths, in that order."""

    def add_fixed_directory(self, directory: Path) -> str:
        """Add a directory by the sha256 of its archive and return its path."""

    def place(self, path: str) -> Path:
        """Return where what is at a path can be read."""

    def refused(self, path: str) -> list[str]:
        """Return the options that the daemon does not take from this user."""

    def add_roots(self, root: Path, paths: Sequence[str]) -> None:
        """Keep paths from the garbage collector."""

    def discard(self, path: Path) -> None:
        """Remove what a rebuild left beside the valid paths."""

    def read_log(self, path: str) -> str:
        """Return the log of a derivation's build."""

    def realise(
        self,
        derivations: Sequence[str],
        *,
        on_begun: OnBegun = quiet,
        root: Path | None = None,
        jobs: int | None = None,
    ) -> Realised:
        """Build."""

    def realise_foreign(
        self, derivations: Sequence[str], *, on_begun: OnBegun = quiet, jobs: int | None = None
    ) -> Realised:
        """Build, or substitute as this machine is set up to do."""

    def repair(self, derivations: Sequence[str], *, on_begun: OnBegun = quiet) -> Realised:
        """Build anew what is not what was recorded."""

    def delete(self, path: str) -> None:
        """Remove a path, and whatever refers to it."""

    def rebuild(self, derivation: str, outputs: Iterable[str], under: Under = PLAIN) -> Rebuilt:
        """Build once more and compare with the outputs in the store."""

    def rebuild_apart(
        self, derivation: str, inputs: Sequence[str], root: Path, under: Under = PLAIN
    ) -> None:
        """Build in a store of its own below `root`, where all outputs stay."""


class _Nix:
    """The store of this machine."""

    version = staticmethod(nix.version)
    instantiate = staticmethod(nix.instantiate)
    derivation = staticmethod(derivations.read_derivation)
    outputs = staticmethod(nix.outputs)
    requisites = staticmethod(nix.requisites)
    invalid_paths = staticmethod(nix.invalid_paths)
    registrations = staticmethod(nix.registrations)
    holds = staticmethod(nix.holds)
    is_there = staticmethod(os.path.lexists)
    nar_sha256 = staticmethod(trees.nar_sha256)
    file_sha256 = staticmethod(trees.file_sha256)
    add_fixed = staticmethod(nix.add_fixed)
    add_fixed_directory = staticmethod(nix.add_fixed_directory)
    place = staticmethod(Path)
    refused = staticmethod(nix.refused)
    add_roots = staticmethod(nix.add_roots)
    discard = staticmethod(nix.discard)
    read_log = staticmethod(nix.read_log)
    realise = staticmethod(builds.realise)
    realise_foreign = staticmethod(builds.realise_foreign)
    repair = staticmethod(builds.repair)
    delete = staticmethod(nix.delete)
    rebuild = staticmethod(builds.rebuild)
    rebuild_apart = staticmethod(builds.rebuild_apart)


NIX: Store = _Nix()
