"""The bases that there are: where an interpreter and the shared libraries come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A build of CPython by python-build-standalone: its version, its release, archives by system.

    An archive is told by its sha256 (hex) alone, so whatever mirror has it may serve it.
    """

    version: str
    release: str
    sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """One release of a distribution: its name in env.toml, its Python, its parts of the archive.

    `keyring` is the file of the keys that sign its suites, and `keys` the package that has it;
    `component` is the part of each suite that is used. `packages` are what every environment has of
    it, `{python}` being the interpreter's version, `tools` what closes the base, and `compiler`
    what sdists are compiled with; without one they are not. `interpreter` takes the place of the
    distribution's, which is then none of the packages.
    """

    name: str
    python: str
    suites: tuple[str, ...]
    keyring: str = "/usr/share/keyrings/debian-archive-keyring.gpg"
    keys: str = "debian-archive-keyring"
    component: str = "main"
    packages: tuple[str, ...] = (
        "bash",
        "ca-certificates",
        "libc-bin",
        "libgcc-s1",
        "libgomp1",
        "libstdc++6",
        "python{python}",
        "python{python}-venv",
        "tzdata",
    )
    tools: tuple[str, ...] = ("patchelf",)
    compiler: tuple[str, ...] = (
        "coreutils",
        "g++",
        "gcc",
        "gfortran",
        "libpython{python}-dev",
        "make",
        "ninja-build",
        "patchelf",
        "sed",
        "grep",
    )
    seed: str = "busybox-static"
    interpreter: Interpreter | None = None


BASES = {
    base.name: base
    for base in (
        Base(
            name="debian:bookworm",
            python="3.11",
            suites=("bookworm", "bookworm-updates", "bookworm-security"),
        ),
        Base(
            name="debian:trixie",
            python="3.13",
            suites=("trixie", "trixie-updates", "trixie-security"),
        ),
        Base(
            name="debian:trixie+python3.12",
            python="3.12",
            suites=("trixie", "trixie-updates", "trixie-security"),
            packages=(
                "bash",
                "ca-certificates",
                "libc-bin",
                "libgcc-s1",
                "libgomp1",
                "libstdc++6",
                "tzdata",
            ),
            compiler=(),
            interpreter=Interpreter(
                version="3.12.15",
                release="20261021",
                sha256={
                    "x86_64-linux": (
                        "6d7521138fd33afddc1ccd08abb007d9a2829e38117c2576f9efdc0ec73ce772"
                    ),
                    "aarch64-linux": (
                        "b4567aa5a11f51b540c4dfd9e082ebf23e554f8ac17b85caa6cea23e83693394"
                    ),
                },
            ),
        ),
    )
}
"""Every base there is, by its name in env.toml. The first is what `harness init` takes."""


def base_of(name: str) -> Base:
    """Return the base of a name.

    Raises:
        ValueError: there is none; says which there are.

    """
    if name not in BASES:
        near = get_close_matches(name, BASES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"no such base; there are {', '.join(BASES)}{hint}")
    return BASES[name]


def base_with(suite: str) -> Base:
    """Return the base that a suite is of; the first one's keys hold for what is of none."""
    return next((one for one in BASES.values() if suite in one.suites), next(iter(BASES.values())))


def with_python(version: str, base: Base) -> str:
    """Say which Python may stand there in place of another, or with which base."""
    if version.startswith(f"{base.python}."):
        return f"write {base.python}: the base decides about the rest"
    others = [f'base = "{one.name}"' for one in BASES.values() if one.python == version]
    known = ", ".join(f"{one.name} {one.python}" for one in BASES.values())
    return f"{others[0]} has it" if others else f"there are {known}"
