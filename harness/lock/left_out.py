"""What a lock left out: newer releases than the ones it took, and why they could not be had."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.lock.core.wheels import applies
from harness.project.core.spec import EnvSpec
from harness.sources import index
from harness.sources.core.notice import Kind, Notice
from harness.sources.core.supply import supply_of
from harness.sources.core.target import Target

_MOST = 8
"""Releases that are tried, to find out what stands against them."""
_UNTRIED = "why was not looked for"
_ELSE = "what else is asked for or locked stands against it"


def left_out(spec: EnvSpec, target: Target, taken: Collection[tuple[str, str]]) -> Iterator[Notice]:
    """Yield what a person would expect and did not get, among the versions newly taken.

    Of what only others require, a newer release is told if the index has no wheel of it.
    """
    asked = _asked(spec, target)
    yield from _prereleases(asked, taken)
    found = [
        one
        for one in index.newer(_of_indexes(spec, taken), supply_of(spec))
        if _is_expected(one, asked)
    ]
    for number, one in enumerate(found):
        reason = _UNTRIED if number >= _MOST else _reason(one, spec, target)
        detail = f"{one.newest} was left out, {reason}"
        yield Notice(kind=Kind.LEFT_OUT, subject=f"{one.name} {one.chosen}", detail=detail)


def _of_indexes(spec: EnvSpec, taken: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pin for pin in taken if pin[0] not in spec.commits]


def _reason(one: index.Newer, spec: EnvSpec, target: Target) -> str:
    return index.why_not(one, spec.dependencies, target, supply_of(spec)) or _ELSE


def _asked(spec: EnvSpec, target: Target) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for requirement in map(Requirement, spec.dependencies):
        if applies(requirement.marker, target):
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def _prereleases(
    asked: Mapping[str, Sequence[Requirement]], taken: Collection[tuple[str, str]]
) -> Iterator[Notice]:
    for name, version in sorted(taken):
        allowed = any(one.specifier.prereleases for one in asked.get(name, ()))
        if Version(version).is_prerelease and not allowed:
            yield Notice(kind=Kind.PRERELEASE, subject=f"{name} {version}")


def _is_expected(one: index.Newer, asked: Mapping[str, Sequence[Requirement]]) -> bool:
    wanted = asked.get(canonicalize_name(one.name))
    if wanted is None:
        return one.is_sdist
    return all(each.url is None and each.specifier.contains(one.newest) for each in wanted)
