"""A repository's own package is never taken from an index: that of its name may be a stranger's."""

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.core.pylock import parse_toml
from harness.core.spec import EnvSpec
from harness.errors import InputError
from harness.flows.repository import Environment, read

_PLACES = (("project", "name"), ("tool", "poetry", "name"))
"""Where pyproject.toml may name the package: PEP 621, and Poetry before it."""


def own_names(root: Path) -> dict[str, str]:
    """Return the normalised names that the repository's package goes by, and where they stand.

    Raises:
        InputError: pyproject.toml is not TOML.

    """
    found: dict[str, str] = {}
    project, older = root / "pyproject.toml", root / "setup.cfg"
    if project.exists():
        document = parse_toml(read(project, project.name), project.name)
        for place in _PLACES:
            if isinstance(name := _at(document, place), str):
                found[canonicalize_name(name)] = f"{project.name}: {'.'.join(place)}"
    if older.exists() and (name := _setup_name(read(older, older.name))):
        found[canonicalize_name(name)] = f"{older.name}: metadata.name"
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
