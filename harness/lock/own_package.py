"""A repository's own packages are never taken from an index: those of that name may be others'."""

import ast
import configparser
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.lock.local_packages import members, sourced
from harness.project.core.spec import EnvSpec
from harness.project.repository import Environment, read

_PROJECT = "pyproject.toml"
_PLACES = (
    ("project", "name"),
    ("tool", "poetry", "name"),
    ("tool", "flit", "metadata", "dist-name"),
    ("tool", "flit", "metadata", "module"),
)
"""Where pyproject.toml may name the package: PEP 621, and Poetry and Flit before it."""

_LARGEST_SETUP = 256 * 1024
"""Bytes of a setup.py that is read: what is made of one takes a thousand times as many."""


def own_names(root: Path) -> dict[str, str]:
    """Return the normalised names that are the repository's to give, and where they stand.

    They are those of its package, of the members of its workspace, and of what pyproject.toml takes
    from elsewhere than an index.

    Raises:
        InputError: a pyproject.toml is not TOML, or its members cannot be found.

    """
    found = _names(root, "")
    if document := _project(root, ""):
        for member in members(root, document):
            below = f"{os.path.relpath(member, root)}/"
            found = _names(member, below) | found
    return found


def refuse_own(environment: Environment, spec: EnvSpec) -> None:
    """Refuse requirements that name a package of the repository, or one that it has by a source.

    Raises:
        InputError: one does; says where.

    """
    names = own_names(environment.repository)
    where = environment.shown(environment.spec_path)
    for index, text in enumerate(spec.dependencies):
        if place := names.get(canonicalize_name(Requirement(text).name)):
            raise InputError(
                f"{where}: dependencies[{index}]: {text!r} is this repository's own package, or "
                f"one of which it names the source ({place}), and what the package index has by "
                "that name is somebody's release; leave it out, and add what it requires"
            )


def _names(directory: Path, below: str) -> dict[str, str]:
    """Return the names of a project, and those that it takes from elsewhere."""
    found: dict[str, str] = {}
    if document := _project(directory, below):
        found |= {name: f"{below}{_PROJECT}: {place}" for name, place in sourced(document)}
        for place in _PLACES:
            if isinstance(name := _at(document, place), str):
                found[canonicalize_name(name)] = f"{below}{_PROJECT}: {'.'.join(place)}"
    for file, key, reader in _OLDER:
        path = directory / file
        if path.exists() and (name := reader(read(path, f"{below}{file}"))):
            found[canonicalize_name(name)] = f"{below}{file}: {key}"
    return found


def _project(directory: Path, below: str) -> Mapping[str, Any]:
    path, where = directory / _PROJECT, f"{below}{_PROJECT}"
    return parse_toml(read(path, where), where) if path.exists() else {}


def _at(document: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    value: Any = document
    for key in place:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _setup_name(data: bytes) -> str | None:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(data.decode())
    except (configparser.Error, UnicodeDecodeError):
        return None
    return parser.get("metadata", "name", fallback=None)


def _name_in_call(data: bytes) -> str | None:
    """Return the name that setup.py gives to `setup`, if it stands there; nothing is run."""
    if len(data) > _LARGEST_SETUP:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
        called = getattr(call.func, "id", getattr(call.func, "attr", None))
        for given in call.keywords if called == "setup" else ():
            if given.arg == "name" and isinstance(given.value, ast.Constant):
                return str(given.value.value)
    return None


_OLDER = (
    ("setup.cfg", "metadata.name", _setup_name),
    ("setup.py", "name", _name_in_call),
)
"""Where setuptools may have the name: a file, the place in it, and what reads it."""
