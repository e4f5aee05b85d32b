"""A repository's own package is never taken from an index: that of its name may be a stranger's."""

import ast
import configparser
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.core.pylock import parse_toml
from harness.core.spec import EnvSpec
from harness.errors import InputError
from harness.flows.repository import Environment, read

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
    """Return the normalised names that the repository's package goes by, and where they stand.

    Raises:
        InputError: pyproject.toml is not TOML.

    """
    found: dict[str, str] = {}
    project, older, oldest = (root / n for n in ("pyproject.toml", "setup.cfg", "setup.py"))
    if project.exists():
        document = parse_toml(read(project, project.name), project.name)
        for place in _PLACES:
            if isinstance(name := _at(document, place), str):
                found[canonicalize_name(name)] = f"{project.name}: {'.'.join(place)}"
    if older.exists() and (name := _setup_name(read(older, older.name))):
        found[canonicalize_name(name)] = f"{older.name}: metadata.name"
    if oldest.exists() and (name := _name_in_call(read(oldest, oldest.name))):
        found[canonicalize_name(name)] = f"{oldest.name}: name"
    return found


def refuse_own(environment: Environment, spec: EnvSpec) -> None:
    """Refuse requirements that name the repository's own package.

    Raises:
        InputError: one does; says where.

    """
    names = own_names(environment.repository)
    where = environment.shown(environment.spec_path)
    for index, text in enumerate(spec.dependencies):
        if place := names.get(canonicalize_name(Requirement(text).name)):
            raise InputError(
                f"{where}: dependencies[{index}]: {text!r} is this repository's own package "
                f"({place}), and what the package index has by that name is somebody's release; "
                "leave it out, and add what it requires"
            )


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
