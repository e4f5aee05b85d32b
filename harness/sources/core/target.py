"""A target: the platform that an environment is built for."""

from dataclasses import dataclass

from harness.host.core.architecture import Architecture


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An architecture with the interpreter and the C library of the base.

    `python` is the full version ("3.11.2"), `glibc` its major and minor number ((2, 36)).
    """

    architecture: Architecture
    python: str
    glibc: tuple[int, int]
