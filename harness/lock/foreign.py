"""What another tool's file pins or asks for, told by its content and not by its name.

A lock pins every package (`Foreign`); other files ask for some, and may say which versions and
files are meant (`Wishes`). Files that a file names are read if they are beside or below it, or in
the same repository.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from harness.documents.toml import parse_toml
from harness.documents.yaml import parse_yaml
from harness.errors import InputError
from harness.lock.core.pins import PinsOf, line_pins, read_pins
from harness.project.core.others.conda import CondaFile, read_conda
from harness.project.core.others.conda_locks import CondaLock, read_conda_lock, read_pixi
from harness.project.core.others.losses import Loss
from harness.project.core.others.poetry import read_poetry
from harness.project.core.others.recognised import Kind, recognised
from harness.project.core.others.requirements import (
    Further,
    Line,
    RequirementsFile,
    hashes_by_name,
    read_requirements,
)
from harness.project.core.others.uv import root_and_losses
from harness.project.core.spec import DependenciesFrom
from harness.project.repository import read
from harness.sources.core import notice
from harness.sources.core.notice import Notice
from harness.sources.core.standard_lock import newer_version, read_standard
from harness.sources.uv_lock import Part, exported

Hashes = Mapping[str, AbstractSet[str]]
"""What the files of a package may have, as "algorithm:digest", by its name."""

_MOST_FILES = 32
_WRITES_ONE = "`uv export --format pylock.toml --no-emit-project` and `pip lock` write such locks"
_CONSTRAINTS = "constraints that stay: name the file in `constraints` of env.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A package that a lock has, and what it has it for (a marker, or nothing)."""

    name: str
    version: str
    marker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A lock of another tool, and its file as errors should name it."""

    where: str
    pins: PinsOf
    named: tuple[Named, ...]
    hashes: Hashes = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Requirements of a file that does not pin everything; `versions` are kept to where they fit.

    `hashes` hold of what the file names with hashes; `python` is which Python it asks for.
    """

    requirements: Sequence[str]
    where: str = ""
    hashes: Hashes = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    python: SpecifierSet | None = None
    losses: tuple[Loss, ...] = ()
    notices: tuple[Notice, ...] = ()


def read_foreign(
    path: Path, root: Path | None = None, parts: Sequence[DependenciesFrom] = ()
) -> Foreign | Wishes:
    """Read another tool's file; `root` is the repository.

    `parts` are what env.toml takes of a pyproject.toml: of a uv.lock, the same is taken.

    Raises:
        InputError: it is not there, or is nothing that is known.

    """
    where = str(path)
    data = read(path, where)
    match recognised(data):
        case Kind.PYLOCK:
            return _pylock(parse_toml(data, where), where)
        case Kind.UV:
            return _uv(data, where, parts)
        case Kind.POETRY:
            document, losses = read_poetry(parse_toml(data, where), where)
            return replace(_pylock(document, where), losses=tuple(losses))
        case Kind.CONDA:
            return _conda(read_conda(parse_yaml(data, where), where), path, root)
        case Kind.CONDA_LOCK | Kind.PIXI as kind:
            read_lock = read_pixi if kind is Kind.PIXI else read_conda_lock
            return _conda_lock(read_lock(parse_yaml(data, where), where), where)
        case Kind.REQUIREMENTS:
            return _of_requirements(_followed(read_requirements(data, where), path, root), where)


def _conda_lock(lock: CondaLock, where: str) -> Wishes:
    return Wishes(
        where=where,
        requirements=lock.requirements,
        hashes=lock.hashes,
        versions=lock.versions,
        python=lock.python,
        losses=lock.losses,
    )


def _conda(file: CondaFile, path: Path, root: Path | None) -> Wishes:
    pip = _wishes(_followed(file.pip, path, root), str(path))
    return replace(
        pip,
        requirements=(*file.requirements, *pip.requirements),
        versions=file.versions,
        python=file.python,
        losses=(*file.losses, *pip.losses),
    )


def _uv(data: bytes, where: str, parts: Sequence[DependenciesFrom]) -> Foreign:
    project, losses = root_and_losses(parse_toml(data, where), where)
    groups = dict.fromkeys(name for part in parts for name in part.groups)
    extras = dict.fromkeys(name for part in parts for name in part.extras)
    part = Part(project=project, extras=[*extras], groups=[*groups] if parts else None)
    document = parse_toml(exported(data, part, where), where)
    return replace(_pylock(document, where), losses=tuple(losses))


def _pylock(document: Mapping[str, Any], where: str) -> Foreign:
    """Read a PEP 751 lock; one of a newer minor version is told of, and read as this one."""
    newer = newer_version(document)
    kind = notice.Kind.NEWER_FORMAT
    notices = (Notice(kind=kind, subject=where, detail=newer),) if newer else ()
    try:
        standard = read_standard(document, where)
    except InputError as error:
        raise InputError(f"{error}; {_WRITES_ONE}") from error
    named = [
        Named(name=one.name, version=str(one.version), marker=str(one.marker or ""))
        for one in standard.packages
    ]
    pins = partial(read_pins, standard, where=where)
    return Foreign(where=where, pins=pins, named=tuple(named), notices=notices)


def wishes_of(path: Path, root: Path | None = None, more: Sequence[str] = ()) -> Wishes:
    """Read what a requirements file asks for, whether or not it names every package; and `more`.

    Raises:
        InputError: as `followed`.

    """
    found = _wishes(followed(path, root), str(path))
    return replace(found, requirements=(*found.requirements, *more))


def _wishes(file: RequirementsFile, where: str) -> Wishes:
    return Wishes(
        where=where,
        requirements=tuple(dict.fromkeys(line.requirement for line in file.lines)),
        hashes=hashes_by_name(file.lines),
        losses=file.losses,
    )


def _of_requirements(file: RequirementsFile, where: str) -> Foreign | Wishes:
    if not file.is_compiled:
        return _wishes(file, where)
    return Foreign(
        where=where,
        pins=partial(line_pins, file.lines),
        named=tuple(_named(line) for line in file.lines),
        hashes=hashes_by_name(file.lines),
        losses=file.losses,
    )


def _named(line: Line) -> Named:
    return Named(name=line.name, version=line.version, marker=line.marker)


def followed(path: Path, root: Path | None = None) -> RequirementsFile:
    """Read a requirements file and those that it names, as one.

    Raises:
        InputError: one is not there, leads out of where they may be, or is nothing that pip reads.

    """
    return _followed(read_requirements(read(path, str(path)), str(path)), path, root)


def _followed(first: RequirementsFile, path: Path, root: Path | None) -> RequirementsFile:
    read_ones = list(_files(first, path, root))
    lines = [line for one in read_ones for line in one.lines]
    return RequirementsFile(
        lines=tuple(lines),
        further=(),
        losses=tuple(loss for one in read_ones for loss in one.losses),
        is_compiled=bool(lines) and all(one.is_compiled for one in read_ones if one.lines),
    )


def _files(first: RequirementsFile, path: Path, root: Path | None) -> Iterator[RequirementsFile]:
    top = _top(path, root)
    waiting, seen = [(first, path)], {path.resolve()}
    while waiting:
        file, place = waiting.pop(0)
        constraints = [further for further in file.further if further.constrains]
        yield replace(file, losses=(*file.losses, *map(_constraints, constraints)))
        for further in file.further:
            below = _place(further, place, top)
            if not further.constrains and _real(below) not in seen:
                seen.add(_real(below))
                where = os.path.normpath(place.parent / further.path)
                waiting.append((read_requirements(read(below, where), where), below))
        if len(seen) > _MOST_FILES:
            raise InputError(f"{path}: names more than {_MOST_FILES} files")


def _constraints(further: Further) -> Loss:
    return Loss(name=f"{further.where}: -c {further.path}", reason=_CONSTRAINTS)


def _top(path: Path, root: Path | None) -> Path:
    """Return the directory that named files may be in: the repository's, if the file is in it."""
    real = path.resolve()
    is_inside = root is not None and root.resolve() in real.parents
    return root.resolve() if root is not None and is_inside else real.parent


def _place(further: Further, file: Path, top: Path) -> Path:
    place = Path(os.path.normpath(file.resolve().parent / further.path))
    if top not in _real(place).parents:
        raise InputError(f"{further.where}: {further.path} leads out of {top}")
    return place


def _real(path: Path) -> Path:
    """Return where a path leads; one of links that go round leads to itself."""
    return Path(os.path.realpath(path))
