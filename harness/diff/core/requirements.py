"""Compare what two versions of env.toml ask for: the root of all that differs in their locks."""

from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.diff.core.report import ADDED, REMOVED, Item
from harness.project.core.spec import EnvSpec, determining

_MOVED = "moved"


def compare_requirements(first: EnvSpec, second: EnvSpec) -> list[Item]:
    """Return what differs of that which determines a lock: requirements, then the other keys."""
    ours, theirs = _by_package(first), _by_package(second)
    items = [
        _item(f"requirement {name}", ours.get(name, ""), theirs.get(name, ""))
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
    return [*items, *_others(determining(first), determining(second))]


def _by_package(spec: EnvSpec) -> dict[str, str]:
    """Return the requirements by the package that they are for, several of one joined."""
    found: dict[str, str] = {}
    for text in sorted(spec.dependencies):
        name = canonicalize_name(Requirement(text).name)
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _others(first: Mapping[str, object], second: Mapping[str, object]) -> Iterator[Item]:
    for key in first:
        if key != "dependencies" and first[key] != second[key]:
            yield Item(
                subject=f"env.toml {key}",
                field=_MOVED,
                first=_shown(first[key]),
                second=_shown(second[key]),
            )


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _item(subject: str, first: str, second: str) -> Item:
    field = _MOVED if first and second else REMOVED if first else ADDED
    return Item(subject=subject, field=field, first=first, second=second)
