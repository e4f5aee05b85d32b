"""For what a repository has a file of another tool: the packages in it, and the Python."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from harness.documents.toml import parse_toml
from harness.documents.yaml import parse_yaml
from harness.project.core.others.conda import read_conda
from harness.project.core.others.conda_locks import CondaLock, read_conda_lock, read_pixi
from harness.project.core.others.recognised import Kind, recognised
from harness.project.core.others.requirements import RequirementsFile, read_requirements

LOCKS = ("uv.lock", "poetry.lock", "pylock.toml")
HABITS = (
    *LOCKS,
    "pixi.lock",
    "conda-lock.yml",
    "environment.yml",
    "environment.yaml",
    "requirements.txt",
)
"""What such files are usually called; of several, the first says most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The normalised names of packages, and which Python is meant (None: any)."""

    names: frozenset[str]
    python: SpecifierSet | None = None


def asked(data: bytes, where: str) -> Asked:
    """Return what a file is for, as far as its text tells; other files that it names are not read.

    Raises:
        InputError: it is damaged.

    """
    match recognised(data):
        case Kind.REQUIREMENTS:
            return Asked(names=_names(read_requirements(data, where)))
        case Kind.CONDA:
            file = read_conda(parse_yaml(data, where), where)
            own = {canonicalize_name(Requirement(one).name) for one in file.requirements}
            return Asked(names=_names(file.pip) | own, python=file.python)
        case Kind.CONDA_LOCK:
            return _of_lock(read_conda_lock(parse_yaml(data, where), where))
        case Kind.PIXI:
            return _of_lock(read_pixi(parse_yaml(data, where), where))
        case _:  # the locks in TOML
            return Asked(names=frozenset(_listed(parse_toml(data, where))))


def _of_lock(lock: CondaLock) -> Asked:
    return Asked(names=frozenset(lock.versions), python=lock.python)


def _names(file: RequirementsFile) -> frozenset[str]:
    return frozenset(line.name for line in file.lines)


def _listed(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a lock's packages, which are a list under one of two keys."""
    for key in ("packages", "package"):
        listed = document.get(key)
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get("name"), str):
                yield canonicalize_name(one["name"])
