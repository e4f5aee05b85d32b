"""The bases that there are: where an interpreter and the shared libraries come from."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """One release of a distribution: its name in env.toml, its Python, its parts of the archive."""

    name: str
    python: str
    suites: tuple[str, ...]


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


def with_python(version: str, base: Base) -> str:
    """Say which Python may stand there in place of another, or with which base."""
    if version.startswith(f"{base.python}."):
        return f"write {base.python}: the base decides about the rest"
    others = [f'base = "{one.name}"' for one in BASES.values() if one.python == version]
    known = ", ".join(f"{one.name} {one.python}" for one in BASES.values())
    return f"{others[0]} has it" if others else f"there are {known}"
