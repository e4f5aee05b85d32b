"""One's own package: `[project]` of env.toml, and what the project's pyproject.toml says of it.

Formats: `[build-system]` (PEP 518, PEP 517) and `[project]` (PEP 621).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.documents.key import Key, Keys, Parsed
from harness.documents.table import describe
from harness.errors import InputError
from harness.project.core.addressed import addressed
from harness.project.core.within import directory_path
from harness.render.address import redacted

LEGACY = ("setuptools>=40.8.0",)
"""What PEP 517 has a project built with that does not say."""
_SETUPTOOLS = "setuptools.build_meta:__legacy__"
_DESCRIBED = re.compile(r"(.+)-([0-9]{1,9})-g([0-9a-f]{4,64})")
_TAGGED = re.compile(r"[0-9][^/]{0,100}\Z")
"""What of a tag is its version: behind a prefix such as `v` or `name-`."""
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_PLACES = (("project", "name"), ("tool", "poetry", "name"), ("tool", "flit", "metadata", "module"))
"""Where pyproject.toml may name the package: PEP 621, and Poetry and Flit before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What is known of a build backend: what more it needs for a shell, and what it cannot do.

    `asks` are requirements that it names itself only when it is asked (PEP 660). One that is `pure`
    compiles nothing by itself, whatever files there are. `not_editable` and `refused` say why
    something cannot be.
    """

    asks: tuple[str, ...] = ()
    pure: bool = False
    not_editable: str = ""
    refused: str = ""


_COMPILED = "its compiled part would have to be built again for each change"
_RUST = "it is written in Rust, which harness does not build"
BACKENDS: Mapping[str, Backend] = {
    "flit_core.buildapi": Backend(pure=True),
    "hatchling.build": Backend(asks=("editables",), pure=True),
    "maturin": Backend(refused=_RUST),
    "mesonpy": Backend(asks=("ninja",), not_editable=_COMPILED),
    "pdm.backend": Backend(asks=("editables",), pure=True),
    "poetry.core.masonry.api": Backend(pure=True),
    "scikit_build_core.build": Backend(asks=("cmake", "ninja"), not_editable=_COMPILED),
    "setuptools.build_meta": Backend(asks=("wheel",)),
    _SETUPTOOLS: Backend(asks=("wheel",)),
    "uv_build": Backend(pure=True),
}
"""Build backends with something to know."""
_COMPILES = frozenset(
    {"cffi", "cython", "hatch-cython", "hatch-mypyc", "mypy", "nanobind", "numpy", "pybind11"}
)
"""Packages that a pure backend compiles with."""
_FROM_GIT = frozenset(
    {
        "dunamai",
        "flit-scm",
        "hatch-vcs",
        "poetry-dynamic-versioning",
        "setuptools-git-versioning",
        "setuptools-scm",
        "uv-dynamic-versioning",
        "versioningit",
    }
)
"""Packages that take a version from git's history, which no build sees."""


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion as error:
        raise ValueError("not a version by PEP 440") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Keys):
    """The repository's own package: a wheel of what git tracks; in a shell, the files themselves.

    What it requires is required.
    """

    path: Annotated[
        str,
        Parsed(directory_path),
        Key("The directory of its pyproject.toml, relative to env.toml.", "../.."),
    ]
    extras: Annotated[
        tuple[str, ...], Key("Extras of it whose requirements are meant, too.", ["serve"])
    ] = ()
    version: Annotated[
        str | None,
        Parsed(_version),
        Key(
            "Its version, where the backend would ask git: no build sees git's history.",
            "1.4.0",
            default="for such a backend, what `git describe` says as it is locked",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own(Project):
    """A project with what its pyproject.toml says: its normalised name, and how it is built."""

    name: str
    backend: str
    requires: tuple[str, ...]
    from_git: bool
    may_compile: bool

    @property
    def known(self) -> Backend:
        """What is known of its backend."""
        return BACKENDS.get(self.backend, Backend())


def own(document: Mapping[str, Any], project: Project, where: str) -> Own:
    """Return what a pyproject.toml says of a project.

    Raises:
        InputError: it does not name it, or cannot be built; says where.

    """
    system = document.get("build-system", {})
    if not isinstance(system, Mapping):
        raise InputError(f"{where}: build-system: expected a table, found {describe(system)}")
    backend = system.get("build-backend", _SETUPTOOLS)
    requires = system.get("requires", [*LEGACY])
    if not isinstance(backend, str):
        raise InputError(f"{where}: build-system.build-backend: expected a string")
    if not isinstance(requires, list) or not all(isinstance(one, str) for one in requires):
        raise InputError(f"{where}: build-system.requires: expected an array of strings")
    known = BACKENDS.get(backend, Backend())
    if known.refused:
        raise InputError(f"{where}: build-system.build-backend: {backend}: {known.refused}")
    names = {_requirement(one, where) for one in requires}
    return Own(
        path=project.path,
        extras=project.extras,
        version=project.version,
        name=_name(document, where),
        backend=backend,
        requires=tuple(dict.fromkeys((*requires, *known.asks))),
        from_git=bool(names & _FROM_GIT) and _is_dynamic(document),
        may_compile=not known.pure or bool(names & _COMPILES),
    )


def _name(document: Mapping[str, Any], where: str) -> str:
    for place in _PLACES:
        name: Any = document
        for key in place:
            name = name.get(key) if isinstance(name, Mapping) else None
        if isinstance(name, str):
            try:
                return canonicalize_name(name, validate=True)
            except InvalidName as error:
                raise InputError(f"{where}: {'.'.join(place)}: {name[:80]!r}: no name") from error
    raise InputError(f"{where}: project.name: missing; a package needs a name")


def _requirement(text: str, where: str) -> str:
    """Return the name of what a backend requires: a release of an index, or a wheel by address."""
    place = f"{where}: build-system.requires: {redacted(text)[:80]!a}"
    try:
        requirement = Requirement(text)
        is_known = requirement.url is None or addressed(requirement) is not None
    except (InvalidRequirement, RecursionError) as error:
        raise InputError(f"{place}: not a PEP 508 requirement") from error
    except ValueError as error:
        raise InputError(f"{place}: {error}") from error
    if not is_known:
        raise InputError(f"{place}: what builds a package is no commit, but a release or a wheel")
    return canonicalize_name(requirement.name)


def _is_dynamic(document: Mapping[str, Any]) -> bool:
    project = document.get("project")
    return not isinstance(project, Mapping) or "version" not in project


def version_of(described: str | None) -> str:
    """Return a version for what `git describe --tags --long` says: that of the tag, if it has one.

    Commits since the tag make it a post-release with the commit as its local part.
    """
    match = _DESCRIBED.fullmatch(described or "")
    alone = described if _COMMIT.fullmatch(described or "") else ""
    tag, since, commit = match.groups() if match else ("0", "0", alone)
    found = _TAGGED.search(tag)
    try:
        version = Version(found[0] if found else "0")
    except InvalidVersion:
        version = Version("0")
    later = f".post{since}" if since != "0" and version.post is None else ""
    local = f"+g{commit}" if commit and (since != "0" or match is None) else ""
    return f"{version.public}{later}{local}"
