"""What an sdist says of itself: its build backend, what it requires, and whether it is compiled.

Formats: pyproject.toml (PEP 518, PEP 517) and PKG-INFO (core metadata). Requirements count as
stated where PKG-INFO promises that they stay so (metadata 2.2, PEP 643); else only the backend
knows them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from packaging.metadata import RawMetadata, parse_email
from packaging.version import Version

from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.project.core.own import LEGACY
from harness.project.core.spec import read_requirement
from harness.render.address import redacted
from harness.sources.core.supply import Stated

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
    """Return what METADATA says that a version requires.

    Raises:
        InputError: something by its address, which would be asked without having been named.

    """
    return _stated(pin, parse_email(metadata)[0])


def _requires(pyproject: bytes | None, where: str) -> tuple[str, ...]:
    system = parse_toml(pyproject or b"", where).get("build-system")
    if not isinstance(system, dict):
        return LEGACY
    return build_requires(system.get("requires", []), f"{where}: build-system.requires")


def build_requires(found: Any, where: str) -> tuple[str, ...]:
    """Return what builds an sdist, as whoever made that says it: releases of an index alone.

    Raises:
        InputError: it is none, or no such list.

    """
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InputError(f"{where}: expected an array of strings")
    for text in found:
        place = f"{where}: {redacted(text)[:80]!a}"
        try:
            requirement = read_requirement(text)
        except ValueError as error:
            raise InputError(f"{place}: {error}") from error
        if requirement.url:
            raise InputError(f"{place}: not a release of an index")
    return tuple(found)


def _is_certain(info: RawMetadata) -> bool:
    try:
        version = Version(info.get("metadata_version", ""))
    except ValueError:  # also of more digits than Python counts with
        return False
    dynamic = {name.lower() for name in info.get("dynamic", [])}
    return version >= _STATIC and not dynamic & _MEANT


def _stated(pin: tuple[str, str], info: RawMetadata) -> Stated:
    name, version = pin
    requires = tuple(info.get("requires_dist", []))
    for text in filter(_is_addressed, requires):
        raise InputError(
            f"{name} {version}: requires {redacted(text)[:80]!a}, by an address, which nobody asks "
            "for another's sake; take a wheel of it"
        )
    return Stated(
        name=name,
        version=version,
        requires=requires,
        requires_python=info.get("requires_python", ""),
        extras=tuple(info.get("provides_extra", [])),
    )


def _is_addressed(text: str) -> bool:
    try:
        return read_requirement(text).url is not None
    except ValueError:  # the resolver says what it is
        return False


def is_compiled(name: str) -> bool:
    """Return whether something is compiled of a file; its path begins with a directory."""
    return name.endswith(_COMPILED) and not _ASIDE & set(name.split("/")[1:-1])
