"""conda-lock.yml and pixi.lock: what of them the package index has, and the files of pip's part.

Neither says what was asked for, so that is what none of its packages requires. Packages of conda
are preferred in their version, where the index knows them; those of pip are held to their hash.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from harness.documents.table import Table
from harness.project.core.others.conda import UNKNOWN
from harness.project.core.others.conda_names import index_name
from harness.project.core.others.losses import Loss

_PLATFORMS = ("linux-64", "linux-aarch64", "noarch")
_FILE = re.compile(r"/([^/]+)-([^/-]+)-[^/-]+\.(?:conda|tar\.bz2)$")
"""The end of the address of a package of conda: name, version, build."""
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_LOCAL = "comes from a directory"
_NO_PACKAGES = frozenset({"python", "pip", "python_abi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One package of such a lock, for Linux."""

    name: str
    version: str
    is_conda: bool
    sha256: str
    requires: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaLock:
    """What a lock has: what was asked for, which versions and hashes, and what is left out."""

    python: SpecifierSet | None
    requirements: tuple[str, ...]
    versions: Mapping[str, str]
    hashes: Mapping[str, frozenset[str]]
    losses: tuple[Loss, ...]


def read_conda_lock(document: Any, where: str) -> CondaLock:
    """Read a decoded conda-lock.yml.

    Raises:
        InputError: it has not the form of one; says where.

    """
    return _whole([*_of_conda_lock(Table(document, where))])


def read_pixi(document: Any, where: str) -> CondaLock:
    """Read a decoded pixi.lock.

    Raises:
        InputError: it has not the form of one; says where.

    """
    return _whole([*_of_pixi(Table(document, where))])


def _of_conda_lock(top: Table) -> Iterator[Held]:
    for table in top.tables("package"):
        if table.text("platform", "") in _PLATFORMS:
            yield Held(
                name=table.text("name"),
                version=table.text("version"),
                is_conda=table.text("manager", "conda") != "pip",
                sha256=table.table("hash").text("sha256", ""),
                requires=frozenset(table.table("dependencies").names()),
            )


def _of_pixi(top: Table) -> Iterator[Held]:
    for table in top.tables("packages"):
        if "conda" in table:
            address = table.text("conda")
            found = _FILE.search(address)
            if found and any(f"/{one}/" in address for one in _PLATFORMS):
                yield _held(table, found[1], found[2], is_conda=True, key="depends")
        elif "pypi" in table:
            name, version = table.text("name"), table.text("version", "")
            yield _held(table, name, version, is_conda=False, key="requires_dist")


def _held(table: Table, name: str, version: str, *, is_conda: bool, key: str) -> Held:
    wanted = (_NAME.match(one) for one in table.texts(key, ()))
    return Held(
        name=name,
        version=version,
        is_conda=is_conda,
        sha256=table.text("sha256", ""),
        requires=frozenset(one[0] for one in wanted if one),
    )


def _whole(packages: Sequence[Held]) -> CondaLock:
    known = {one.name: name for one in packages if (name := _index_name(one))}
    required = {
        known.get(name, canonicalize_name(name))
        for one in packages
        for name in one.requires
        if one.name in known
    }
    hashes: dict[str, frozenset[str]] = {}
    for one in packages:
        if not one.is_conda and one.sha256 and one.name in known:
            name = known[one.name]
            hashes[name] = hashes.get(name, frozenset()) | {f"sha256:{one.sha256}"}
    left = {
        f"{one.name} {one.version}".strip(): UNKNOWN if one.is_conda else _LOCAL
        for one in packages
        if one.name not in known and one.name not in _NO_PACKAGES
    }
    python = next((one.version for one in packages if one.name == "python"), None)
    return CondaLock(
        python=None if python is None else _minor(python),
        requirements=tuple(sorted({*known.values()} - required)),
        versions={known[one.name]: one.version for one in packages if one.name in known},
        hashes=hashes,
        losses=tuple(Loss(name=name, reason=reason) for name, reason in left.items()),
    )


def _minor(version: str) -> SpecifierSet | None:
    """Return the minor version of Python that is meant; None if it is none that is known."""
    found = re.match(r"\d{1,9}\.\d{1,9}", version, re.ASCII)
    return SpecifierSet(f"=={found[0]}.*") if found else None


def _index_name(one: Held) -> str | None:
    if not one.is_conda:
        return canonicalize_name(one.name) if one.version else None
    return None if one.name in _NO_PACKAGES else index_name(one.name)
