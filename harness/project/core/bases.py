"""The bases that there are: where an interpreter and the shared libraries come from."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """One release of a distribution: its name in env.toml, its Python, its parts of the archive.

    `keyring` is the file of the keys that sign its suites, and `keys` the package that has it;
    `component` is the part of each suite that is used. `packages` are what every environment has of
    it, `{python}` being the interpreter's version, `tools` what closes the base, and `compiler`
    what sdists are compiled with.
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
