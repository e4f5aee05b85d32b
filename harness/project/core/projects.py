"""Requirements that a pyproject.toml declares: its own, those of extras, those of groups.

Formats: PEP 621 (`[project]`) and PEP 735 (`[dependency-groups]`). An extra may ask for others of
the same project; what is dynamic is known to a build backend alone, and is refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.documents.table import describe
from harness.errors import InputError
from harness.project.core.own import Own
from harness.project.core.spec import DependenciesFrom, parse_requirement

_GROUPS = "dependency-groups"
_DYNAMIC = "is dynamic: only the project's build backend knows it; declare it there, or in env.toml"


def declared(document: Mapping[str, Any], wanted: DependenciesFrom, where: str) -> tuple[str, ...]:
    """Return the requirements that env.toml wants of a pyproject.toml, each once.

    Raises:
        InputError: one of them is not there, or not valid; says where.

    """
    found: list[str] = []
    if wanted.project or wanted.extras:
        project = _table(document, "project", where)
        if wanted.project:
            found += _requirements(
                _static(project, "dependencies", where), "project.dependencies", where
            )
        found += _of_extras(project, wanted.extras, where)
    if wanted.groups:
        found += _of_groups(_table(document, _GROUPS, where), wanted.groups, where)
    return tuple(dict.fromkeys(found))


def declares(document: Mapping[str, Any]) -> bool:
    """Return whether a pyproject.toml says itself what its project depends on."""
    project = document.get("project")
    dynamic = project.get("dynamic", ()) if isinstance(project, Mapping) else ()
    return isinstance(project, Mapping) and "dependencies" not in dynamic


def with_own(requirements: Iterable[str], own: Own) -> tuple[list[str], tuple[str, ...]]:
    """Return requirements without those of a project itself, and the extras that these ask for."""
    others, extras = [], {*own.extras}
    for text in requirements:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) == own.name:
            extras |= requirement.extras
        else:
            others.append(text)
    return others, tuple(sorted(extras))


def _table(document: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    table = document.get(key)
    if table is None:
        raise InputError(f"{where}: no [{key}], which env.toml takes its dependencies from")
    if not isinstance(table, Mapping):
        raise InputError(f"{where}: {key}: expected a table, found {describe(table)}")
    return table


def _static(project: Mapping[str, Any], key: str, where: str) -> Any:
    dynamic = project.get("dynamic", ())
    if isinstance(dynamic, Sequence) and key in dynamic:
        raise InputError(f"{where}: project.{key} {_DYNAMIC}")
    return project.get(key, [] if key == "dependencies" else {})


def _requirements(value: Any, place: str, where: str) -> list[str]:
    if not isinstance(value, list):
        raise InputError(f"{where}: {place}: expected an array of strings, found {describe(value)}")
    return [_requirement(one, f"{place}[{index}]", where) for index, one in enumerate(value)]


def _requirement(value: Any, place: str, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where}: {place}: expected a string, found {describe(value)}")
    try:
        return parse_requirement(value)
    except ValueError as error:
        raise InputError(f"{where}: {place}: {value[:80]!r}: {error}") from error


def _of_extras(project: Mapping[str, Any], extras: Iterable[str], where: str) -> Iterator[str]:
    """Yield what extras require; where one asks for others of the project, what those do."""
    if not extras:
        return
    table = _static(project, "optional-dependencies", where)
    if not isinstance(table, Mapping):
        raise InputError(f"{where}: project.optional-dependencies: expected a table")
    known = {canonicalize_name(name): name for name in table}
    own = canonicalize_name(str(project.get("name", "")))
    waiting, seen = [canonicalize_name(one) for one in extras], set[str]()
    while waiting:
        extra = waiting.pop(0)
        if extra in seen:
            continue
        seen.add(extra)
        if extra not in known:
            raise InputError(f"{where}: project.optional-dependencies: {_lacking(extra, known)}")
        place = f"project.optional-dependencies.{known[extra]}"
        for text in _requirements(table[known[extra]], place, where):
            requirement = Requirement(text)
            if canonicalize_name(requirement.name) == own and requirement.extras:
                waiting += sorted(map(canonicalize_name, requirement.extras))
            else:
                yield text


def _of_groups(table: Mapping[str, Any], groups: Sequence[str], where: str) -> list[str]:
    known = {canonicalize_name(str(name)) for name in table}
    for group in groups:
        if canonicalize_name(group) not in known:
            raise InputError(f"{where}: {_GROUPS}: {_lacking(group, known)}")
    try:
        found = resolve_dependency_groups(table, *groups)
    except (ValueError, TypeError, LookupError, RecursionError, ExceptionGroup) as error:
        raise InputError(f"{where}: {_GROUPS}: {_first(error)}") from error
    return _requirements([*found], _GROUPS, where)


def _first(error: Exception) -> Exception:
    """Return what is wrong first, of errors that come together."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _lacking(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"no {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
