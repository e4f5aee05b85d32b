"""What pyproject.toml requires: its dependencies, with the extras and groups that are named.

Groups are those of PEP 735, with what they include; an extra of the project itself, named in its own
requirements (`me[plot]`), is followed. The project itself is never a requirement of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from harness.errors import InputError
from harness.lock.core.others.told import Loss

_GROUPS = "dependency-groups"
_EXTRAS = "optional-dependencies"
_DYNAMIC = "is made when the package is built (dynamic), and no code is run to lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """Requirements in the file's order, each once; what is no release of an index is a loss."""

    requirements: tuple[str, ...]
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """One pyproject.toml while it is read; `seen` are extras and groups that are on the way."""

    project: Mapping[str, Any]
    groups: Mapping[str, Any]
    extras: Mapping[str, Any]
    where: str

    @property
    def own(self) -> str:
        return canonicalize_name(str(self.project.get("name", "")))

    def extra(self, name: str, seen: tuple[str, ...]) -> Iterator[str]:
        place, listed = self._found(name, self.extras, f"project.{_EXTRAS}", "extra")
        _require_no_circle(place, seen, self.where)
        yield from self.followed(listed, place, (*seen, place))

    def group(self, name: str, seen: tuple[str, ...]) -> Iterator[str]:
        place, listed = self._found(name, self.groups, _GROUPS, "group")
        _require_no_circle(place, seen, self.where)
        for index, one in enumerate(_list(listed, self.where, place)):
            if isinstance(one, Mapping) and isinstance(included := one.get("include-group"), str):
                yield from self.group(included, (*seen, place))
            else:
                yield from self.followed([one], f"{place}[{index}]", (*seen, place))

    def followed(self, listed: Any, place: str, seen: tuple[str, ...]) -> Iterator[str]:
        """Yield requirements, in place of the project itself those of its extras."""
        for index, text in enumerate(_list(listed, self.where, place)):
            requirement = _requirement(text, f"{self.where}: {place}[{index}]")
            if self.own and canonicalize_name(requirement.name) == self.own:
                for extra in sorted(requirement.extras):
                    yield from self.extra(extra, seen)
            else:
                yield str(text)

    def _found(self, name: str, table: Mapping[str, Any], place: str, kind: str) -> tuple[str, Any]:
        for known, listed in table.items():
            if canonicalize_name(known) == canonicalize_name(name):
                return f"{place}.{known}", listed
        near = get_close_matches(name, table, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {_names(table)}"
        raise InputError(f"{self.where}: no {kind} {name!r}{hint}")


def requires(
    document: Mapping[str, Any],
    where: str,
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    runtime: bool = True,
) -> Required:
    """Return what pyproject.toml requires; `runtime` says whether of the package itself too.

    Raises:
        InputError: a table has not the form of PEP 621 or PEP 735, an extra or group is not there,
            groups include each other in a circle, or a dependency is only known to a build.

    """
    project = _table(document, "project", where)
    reader = _Reader(
        project=project,
        groups=_table(document, _GROUPS, where),
        extras=_table(project, _EXTRAS, f"{where}: project"),
        where=where,
    )
    _require_static(project, where, extras=extras, runtime=runtime)
    found: list[str] = []
    if runtime:
        found += reader.followed(project.get("dependencies", []), "project.dependencies", ())
    for name in extras:
        found += reader.extra(name, ())
    for name in groups:
        found += reader.group(name, ())
    return _sorted_out(found)


def _sorted_out(texts: Sequence[str]) -> Required:
    kept, losses = [], []
    for text in dict.fromkeys(texts):
        requirement = Requirement(text)
        if requirement.url:
            losses.append(Loss(name=requirement.name, reason="comes from an address"))
        else:
            kept.append(str(requirement))
    return Required(requirements=tuple(dict.fromkeys(kept)), losses=tuple(losses))


def requires_python(document: Mapping[str, Any], where: str) -> SpecifierSet:
    """Return which Pythons the project is for.

    Raises:
        InputError: that is not said as PEP 621 has it.

    """
    text = _table(document, "project", where).get("requires-python", "")
    try:
        return SpecifierSet(text)
    except (InvalidSpecifier, AttributeError) as error:
        raise InputError(f"{where}: project.requires-python: {str(text)[:80]!r}") from error


def group_names(document: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return the groups that the file has."""
    return tuple(_table(document, _GROUPS, where))


def _require_static(
    project: Mapping[str, Any], where: str, *, extras: Sequence[str], runtime: bool
) -> None:
    dynamic = project.get("dynamic", [])
    wanted = [("dependencies", runtime), (_EXTRAS, bool(extras))]
    for key, is_wanted in wanted:
        if is_wanted and isinstance(dynamic, list) and key in dynamic:
            raise InputError(f"{where}: project.dynamic: {key} {_DYNAMIC}; name them in env.toml")


def _require_no_circle(place: str, seen: tuple[str, ...], where: str) -> None:
    if place in seen:
        circle = " -> ".join((*seen[seen.index(place) :], place))
        raise InputError(f"{where}: {circle}: a circle")


def _requirement(text: Any, at: str) -> Requirement:
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError, TypeError) as error:
        raise InputError(f"{at}: {str(text)[:80]!r} is not a PEP 508 requirement") from error


def _table(document: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = document.get(key, {})
    if not isinstance(value, Mapping):
        raise InputError(f"{where}: {key}: expected a table")
    return value


def _list(value: Any, where: str, place: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InputError(f"{where}: {place}: expected an array")
    return value


def _names(table: Mapping[str, Any]) -> str:
    return ", ".join(map(str, table)) or "none"
