"""What pyproject.toml says of packages that come from no index: members, and those of sources.

Each tool has a place of its own for both, in which a name stands as a key or in a requirement.
"""

import os
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.errors import InputError

_WORKSPACES = (
    ("tool", "uv", "workspace"),
    ("tool", "rye", "workspace"),
    ("tool", "hatch", "workspace"),
    ("tool", "hatch", "envs", "*", "workspace"),
)
"""Tables whose `members` are directories, by patterns, without those of `exclude`."""
_SOURCES = (
    ("tool", "uv", "sources"),
    ("tool", "poetry", "dependencies"),
    ("tool", "poetry", "dev-dependencies"),
    ("tool", "poetry", "group", "*", "dependencies"),
    ("tool", "pixi", "pypi-dependencies"),
    ("tool", "pixi", "feature", "*", "pypi-dependencies"),
)
"""Tables of names, each with where it comes from, or with several such places."""
_ELSEWHERE = frozenset({"workspace", "path", "git", "url"})
"""Keys of such a place that is no index."""
_REQUIREMENTS = (
    ("project", "dependencies"),
    ("project", "optional-dependencies", "*"),
    ("dependency-groups", "*"),
    ("tool", "pdm", "dev-dependencies", "*"),
    ("tool", "hatch", "envs", "*", "dependencies"),
    ("tool", "uv", "dev-dependencies"),
)
"""Lists of requirements, of which one may name an address: `name @ file:///...`."""
_EDITABLE, _EGG = "-e ", "#egg="
_MOST_MEMBERS = 10_000


def members(root: Path, document: Mapping[str, Any]) -> list[Path]:
    """Return the directories of a workspace's members, as far as they are projects.

    Raises:
        InputError: a pattern leads out of the repository or is none, or they are too many.

    """
    found: set[Path] = set()
    for where, table in chain.from_iterable(_at(document, place) for place in _WORKSPACES):
        given, without = (_texts(table, key) for key in ("members", "exclude"))
        found |= _matching(root, given, where) - _matching(root, without, where)
    return sorted(path for path in found - {root} if (path / "pyproject.toml").is_file())


def sourced(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield normalised names of packages that are taken from elsewhere, and what says so."""
    for where, table in chain.from_iterable(_at(document, place) for place in _SOURCES):
        for name, given in table.items() if isinstance(table, Mapping) else ():
            places = given if isinstance(given, list) else [given]
            if any(isinstance(one, Mapping) and _ELSEWHERE & one.keys() for one in places):
                yield canonicalize_name(name), f"{where}.{name}"
    for where, listed in chain.from_iterable(_at(document, place) for place in _REQUIREMENTS):
        for text in listed if isinstance(listed, list) else ():
            if isinstance(text, str) and (name := _addressed(text)):
                yield canonicalize_name(name), where


def _addressed(text: str) -> str | None:
    """Return the name of a requirement that says where it is."""
    if text.startswith(_EDITABLE):
        return text.partition(_EGG)[2].partition("&")[0].partition("[")[0]
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return requirement.name if requirement.url else None


def _matching(root: Path, patterns: list[str], where: str) -> set[Path]:
    found: set[Path] = set()
    for pattern in patterns:
        parts = Path(pattern).parts
        if pattern.startswith("/") or {"..", "**"} <= {*parts}:
            raise InputError(f"pyproject.toml: {where}: {pattern!r} leads out of the repository")
        try:
            found.update(islice(root.glob(pattern) if parts else (), _MOST_MEMBERS))
        except (ValueError, NotImplementedError) as error:
            raise InputError(f"pyproject.toml: {where}: {pattern!r}: {error}") from error
    if len(found) >= _MOST_MEMBERS:
        raise InputError(f"pyproject.toml: {where}: {_MOST_MEMBERS} paths and more")
    return {Path(os.path.normpath(path)) for path in found}


def _texts(table: Any, key: str) -> list[str]:
    value = table.get(key) if isinstance(table, Mapping) else None
    texts = value if isinstance(value, list) else []
    named = (one.get("path") if isinstance(one, Mapping) else one for one in texts)
    return [one for one in named if isinstance(one, str)]


def _at(
    value: Any, place: tuple[str, ...], where: tuple[str, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """Yield what stands at a place of a document, "*" for every key, with its dotted name."""
    if not place:
        yield ".".join(where), value
        return
    if isinstance(value, Mapping):
        for key in value if place[0] == "*" else {place[0]} & value.keys():
            yield from _at(value[key], place[1:], (*where, key))
