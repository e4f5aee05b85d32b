"""What one's own package is built with: its backend's requirements, locked apart from others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.errors import InputError, MachineError
from harness.host.git import described, tracked_below
from harness.lock.core.pylock import encode_lock
from harness.lock.core.unmoved import held
from harness.lock.core.values import Lock, LockedProject, Package
from harness.lock.sdists import Common, part
from harness.project.core.own import Own, version_of
from harness.project.core.spec import EnvSpec
from harness.project.repository import Environment
from harness.sources import index
from harness.sources.core.notice import OnNotice
from harness.sources.core.sdist import is_compiled
from harness.sources.core.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What git knows of one's own package: its version, and whether any of it is compiled."""

    version: str = ""
    compiled: bool = False


def find(environment: Environment, spec: EnvSpec) -> Found:
    """Return what git knows of one's own package; nothing if there is none.

    Raises:
        ToolError: git cannot be read.

    """
    if spec.own is None:
        return Found()
    directory = environment.located(spec.own.path)
    names = (f"{spec.own.name}/{name}" for name in tracked_below(directory))
    return Found(
        version=version_of(described(directory)),
        compiled=spec.own.may_compile and any(map(is_compiled, names)),
    )


def build_wheels(
    common: Common, target: Target, update: Sequence[str], on_notice: OnNotice
) -> tuple[Package, ...]:
    """Return what a target builds one's own package with, if there is one; what is locked is kept.

    Raises:
        InputError: there are no wheels that fit together; names what asks for them.
        ToolError, IntegrityError: as `harness.sources.index.resolve` and `harness.lock.chosen`.

    """
    own, previous = common.spec.own, common.previous
    if own is None:
        return ()
    before = _apart(previous, target.architecture.system) if previous else None
    preferred = index.Preferred(lock=encode_lock(before), free=update) if before else None
    try:
        found = index.resolve(
            own.requires, target, common.of_wheels, preferred=preferred, on_notice=on_notice
        )
        return tuple(common.build_package(one, target, held(before, update)) for one in found)
    except InputError as error:
        if isinstance(error, MachineError):
            raise
        wanted = ", ".join(own.requires)
        raise InputError(f"to build {own.name} itself, {wanted}: {error}") from error


def _apart(lock: Lock, system: str) -> Lock:
    """Return a lock of what one's own package is built with, as if that were an environment."""
    target = lock.targets.get(system)
    files = target.project if target else ()
    apart = replace(target, wheels=files, layers=(), sdists=(), project=()) if target else None
    return replace(
        lock,
        packages=part(lock.build, frozenset(files)),
        targets={system: apart} if apart else {},
        build=(),
        project=None,
    )


def locked_project(
    own: Own, previous: Lock | None, update: Sequence[str], found: Found
) -> LockedProject:
    """Return what a lock says of one's own package; a version from git stays until it may move."""
    before = previous.project if previous and own.name not in update else None
    known = before.version if before else None
    return LockedProject(
        name=own.name,
        editable=not (own.known.not_editable or found.compiled),
        compiler=found.compiled or bool(own.known.not_editable),
        version=(known or found.version) if own.from_git and not own.version else None,
    )
