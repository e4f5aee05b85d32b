"""What an sdist says of itself: its build backend, what it requires, and whether it is compiled.

Formats: pyproject.toml (PEP 518, PEP 517) and PKG-INFO (core metadata). Requirements count as
stated where PKG-INFO promises that they stay so (metadata 2.2, PEP 643); else only the backend
knows them.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from packaging.metadata import RawMetadata, parse_email
from packaging.version import InvalidVersion, Version

from harness.errors import InputError
from harness.sources.core.supply import Stated

LEGACY = ("setuptools>=40.8.0",)
"""What builds a project that names no backend."""
_STATIC = Version("2.2")
_MEANT = frozenset({"requires-dist", "requires-python", "provides-extra"})
_COMPILED = (
    *(".c", ".cc", ".cpp", ".cxx", ".pyx", ".pxd", ".f", ".f90", ".f77", ".for", ".h", ".hpp"),
    *("/meson.build", "/CMakeLists.txt"),
)
"""Ends of the names of files that something is compiled of."""
_ASIDE = frozenset({"doc", "docs", "test", "tests", "example", "examples", "benchmarks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdist:
    """What builds it, what it requires if that is certain, and whether a compiler is needed."""

    requires: tuple[str, ...]
    stated: Stated | None
    compiled: bool


def decode_sdist(
    pin: tuple[str, str], pyproject: bytes | None, info: bytes | None, names: Iterable[str]
) -> Sdist:
    """Return what the files of a version say, `names` being the paths of all that it has.

    Raises:
        InputError: pyproject.toml is none.

    """
    known = parse_email(info)[0] if info else None
    return Sdist(
        requires=_requires(pyproject, f"{' '.join(pin)}: pyproject.toml"),
        stated=_stated(pin, known) if known and _is_certain(known) else None,
        compiled=any(is_compiled(name) for name in names),
    )


def decode_stated(pin: tuple[str, str], metadata: str) -> Stated:
    """Return what METADATA says that a version requires."""
    return _stated(pin, parse_email(metadata)[0])


def _requires(pyproject: bytes | None, where: str) -> tuple[str, ...]:
    try:
        document: dict[str, Any] = tomllib.loads((pyproject or b"").decode())
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error
    system = document.get("build-system")
    if not isinstance(system, dict):
        return LEGACY
    requires = system.get("requires", [])
    if not isinstance(requires, list) or not all(isinstance(one, str) for one in requires):
        raise InputError(f"{where}: build-system.requires: expected an array of strings")
    return tuple(requires)


def _is_certain(info: RawMetadata) -> bool:
    try:
        version = Version(info.get("metadata_version", ""))
    except InvalidVersion:
        return False
    dynamic = {name.lower() for name in info.get("dynamic", [])}
    return version >= _STATIC and not dynamic & _MEANT


def _stated(pin: tuple[str, str], info: RawMetadata) -> Stated:
    name, version = pin
    return Stated(
        name=name,
        version=version,
        requires=tuple(info.get("requires_dist", [])),
        requires_python=info.get("requires_python", ""),
        extras=tuple(info.get("provides_extra", [])),
    )


def is_compiled(name: str) -> bool:
    """Return whether something is compiled of a file; its path begins with a directory."""
    return name.endswith(_COMPILED) and not _ASIDE & set(name.split("/")[1:-1])
