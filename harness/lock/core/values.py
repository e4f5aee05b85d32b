"""The lock: what pylock.toml says, as a value (docs/lock.md shows the file)."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.lock.core.layers import Layers
from harness.project.core.addressed import Commit
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter

LOCK_FORMAT = 1
"""Version of the `[tool.harness]` table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One resolved distribution: normalised name, version, and the chosen wheels (one a target).

    `marker` is None unless only some targets use the package (or this version of it); `index` is
    the name of the index that it comes from, None for the usual one. `sdist` stands where there are
    no wheels; with a `commit` it is what harness packs of that.
    """

    name: str
    version: str
    wheels: tuple[Input, ...]
    marker: str | None = None
    index: str | None = None
    sdist: Input | None = None
    commit: Commit | None = None

    @property
    def files(self) -> tuple[Input, ...]:
        """Its wheels, or the sdist that its wheels are built from."""
        return (*self.wheels, *((self.sdist,) if self.sdist else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSdist:
    """How a target builds the wheel of a package.

    `file` is its sdist, `requires` what its backend asks for, and `build` the files of the wheels
    that meet that, each found in exactly one package of `Lock.build`. `compiler` says that it
    builds with one, `extensions` that a wheel without compiled code is not what was meant.
    """

    name: str
    file: str
    requires: tuple[str, ...]
    build: tuple[str, ...]
    compiler: bool = False
    extensions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """The static busybox: the deb it comes from, and the NAR hash (hex) of `bin/busybox` alone."""

    deb: LockedDeb
    nar_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTarget:
    """What one target is built from.

    `wheels` are file names, each found in exactly one package; `debs` make the base, `tools` are
    unpacked beside it while it is built and stay out of it. `layers` say which packages share a
    layer of an image; each package of the target is in one. `compiler` makes what sdists are built
    with, if any of them is compiled. `project` are the files of the wheels in `Lock.build` that
    one's own package is built with. `interpreter` is None where Python is one of the debs.
    """

    system: str
    python: str
    glibc: tuple[int, int]
    seed: Seed
    debs: tuple[LockedDeb, ...]
    tools: tuple[LockedDeb, ...]
    wheels: tuple[str, ...]
    layers: Layers
    sdists: tuple[LockedSdist, ...] = ()
    compiler: tuple[LockedDeb, ...] = ()
    interpreter: LockedInterpreter | None = None
    project: tuple[str, ...] = ()

    @property
    def files(self) -> frozenset[str]:
        """The names of its wheels, and of the sdists that it builds."""
        return frozenset((*self.wheels, *(one.file for one in self.sdists)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedProject:
    """One's own package: normalised name, and whether its backend can lead a shell to its files.

    `version` is told to a backend that would ask git, None where none would; `compiler` says that
    it builds with one.
    """

    name: str
    editable: bool
    compiler: bool = False
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A whole lock; `spec_sha256` is the hash of the parts of env.toml that it was made from.

    `suites` and `debian_packages` are what the base was chosen from and for. `installer` is the
    wheel of PyPA's installer, which unpacks the others. `dependencies` are what the environment is
    for, if env.toml does not say all of that itself. `build` are what sdists, and
    one's own package, are built with, and in no environment.
    """

    base: str
    suites: tuple[str, ...]
    debian_packages: tuple[str, ...]
    spec_sha256: str
    requires_python: str
    installer: Input
    packages: tuple[Package, ...]
    targets: Mapping[str, LockedTarget]
    dependencies: tuple[str, ...] = ()
    build: tuple[Package, ...] = ()
    project: LockedProject | None = None
