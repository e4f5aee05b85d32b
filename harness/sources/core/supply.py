"""What a resolution may draw on, besides the index that this machine uses."""

from dataclasses import dataclass
from typing import Any

from harness.project.core.indexes import NamedIndex
from harness.project.core.spec import EnvSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a version of a package requires, by its own metadata."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """It, as uv is told."""
        python = {"requires-python": self.requires_python} if self.requires_python else {}
        return {
            "name": self.name,
            "version": self.version,
            "requires-dist": list(self.requires),
            "provides-extra": list(self.extras),
            **python,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Indexes that serve some packages alone, and the moment up to which files count.

    The packages `without` are taken to be required by nobody. Those of `sdists` are taken as sdists
    alone, which nobody opens: `metadata` says what versions of them require, and others, nothing.
    Those `by_commit` are some of them, each of one version. `constraints` say which versions may be
    chosen.
    """

    indexes: tuple[NamedIndex, ...] = ()
    exclude_newer: str | None = None
    without: tuple[str, ...] = ()
    sdists: tuple[str, ...] = ()
    by_commit: tuple[str, ...] = ()
    metadata: tuple[Stated, ...] = ()
    constraints: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """What uv is told of it in so many words."""
        older = ("--exclude-newer", self.exclude_newer) if self.exclude_newer else ()
        return (*older, *(word for name in self.sdists for word in ("--no-binary", name)))

    @property
    def settings(self) -> dict[str, Any]:
        """What uv is told of it in its settings: constraints, and what no sdist is opened for."""
        bounds = {"constraint-dependencies": [*self.constraints]} if self.constraints else {}
        unknown = [
            {"name": name, "requires-dist": []}
            for name in self.sdists
            if name not in self.by_commit
        ]
        known = [one.settings for one in self.metadata]
        return bounds | ({"dependency-metadata": [*unknown, *known]} if self.sdists else {})


USUAL = Supply()
"""Every file of the usual index."""


def supply_of(spec: EnvSpec) -> Supply:
    """Return what env.toml says that its environment may draw on."""
    by_commit = tuple(spec.commits)
    return Supply(
        indexes=spec.indexes,
        exclude_newer=spec.exclude_newer,
        sdists=spec.built,
        by_commit=by_commit,
        constraints=spec.constraints,
    )
