"""Take over another tool's file: its pins into the lock, and what was asked for into env.toml.

A lock does not say what was asked for. What none of its packages requires was, so that becomes a
dependency where env.toml does not name it: else the next `harness add` would drop it. Whatever is
not kept is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Unpack

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tomlkit.items import Array

from harness.documents.toml import parse_toml
from harness.errors import HarnessError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.roots import roots
from harness.lock.core.values import Lock
from harness.lock.foreign import Foreign, Named, Wishes
from harness.lock.make import How, Locked, lock, rewrite
from harness.lock.own_package import own_names
from harness.lock.requirements import declare, edited
from harness.project.core.indexes import by_name
from harness.project.core.others.losses import Loss, listed
from harness.project.core.spec import EnvSpec, spec_sha256
from harness.project.repository import Environment, decoded
from harness.sources import index
from harness.sources.core.notice import Kind, Notice
from harness.sources.core.supply import Supply
from harness.sources.core.target import Target


def take_over(environment: Environment, foreign: Foreign | Wishes, /, **how: Unpack[How]) -> Locked:
    """Lock what another tool pins or asks for, and name in env.toml what that was asked for.

    Raises:
        InputError, ToolError, IntegrityError: as `harness.lock.make.lock`.

    """
    if isinstance(foreign, Wishes):
        return declare(environment, foreign, **how)
    edited(environment, lambda _: None)  # refuses a file that could not be written afterwards
    theirs: How = {**how, "foreign": foreign}
    locked = lock(environment, **theirs)
    notices = [*locked.notices, *_not_kept(foreign, locked.lock)]
    wanted = _asked_for(locked.lock, notices)
    declared = {canonicalize_name(Requirement(one).name) for one in environment.spec().dependencies}
    known = {*declared, *own_names(environment.repository)}  # env.toml may not name its own
    if missing := [text for name, text in wanted.items() if name not in known]:
        notices.append(_filled(environment, missing))
        locked = replace(locked, lock=_declare(environment, locked.lock, missing), changed=True)
    return replace(locked, notices=tuple(dict.fromkeys(notices)))


def _filled(environment: Environment, missing: Iterable[str]) -> Notice:
    where = environment.shown(environment.spec_path)
    return Notice(kind=Kind.FILLED, subject=where, detail=", ".join(missing))


def _declare(environment: Environment, made: Lock, missing: Iterable[str]) -> Lock:
    def edit(dependencies: Array) -> None:
        for text in missing:
            dependencies.append(text)

    where = environment.shown(environment.spec_path)
    data = edited(environment, edit)
    spec = environment.whole(decoded(EnvSpec, parse_toml(data, where), where))
    fresh = rewrite(environment, replace(made, spec_sha256=spec_sha256(spec)))
    environment.write_spec(data)
    return fresh


def _asked_for(made: Lock, notices: list[Notice]) -> Mapping[str, str]:
    """Return the requirement for each package that none of the others requires, by its name.

    One that only some targets have is required for these alone.
    """
    found: dict[str, list[str]] = {}
    for system in made.targets:
        for name in _roots(made, system, notices):
            found.setdefault(name, []).append(system)
    return {
        name: name if len(systems) == len(made.targets) else f"{name}; {_marker(systems)}"
        for name, systems in sorted(found.items())
    }


def _marker(systems: Iterable[str]) -> str:
    machines = (ARCHITECTURES[system].machine for system in systems)
    return " or ".join(f"platform_machine == '{machine}'" for machine in machines)


def _roots(made: Lock, system: str, notices: list[Notice]) -> list[str]:
    target = made.targets[system]
    chosen = target.files
    pins = [
        (package.name, package.version)
        for package in made.packages
        if any(wheel.file in chosen for wheel in package.files)
    ]
    indexes = by_name({one.name: one.index for one in made.packages if one.index})
    platform = Target(architecture=ARCHITECTURES[system], python=target.python, glibc=target.glibc)
    try:
        return roots(index.requirers(pins, platform, Supply(indexes=indexes))) if pins else []
    except HarnessError as error:
        reason = " ".join(str(error).split())
        notices.append(Notice(kind=Kind.UNTOLD, subject=reason))
        return [name for name, _ in pins]


def _not_kept(foreign: Foreign, made: Lock) -> Iterable[Notice]:
    """Yield what of the other lock is for no target, or for extras and groups not asked for."""
    kept = {(package.name, package.version) for package in made.packages}
    left = [one for one in foreign.named if (one.name, one.version) not in kept]
    if left or foreign.losses:
        every = len(foreign.named) + len(foreign.losses)
        losses = [Loss(name=f"{one.name} {one.version}", reason=_why(one)) for one in left]
        names = listed([*losses, *foreign.losses])
        detail = f"{len(foreign.named) - len(left)} of {every} packages; not kept: {names}"
        yield Notice(kind=Kind.NOT_KEPT, subject=foreign.where, detail=detail)


def _why(one: Named) -> str:
    return f"for {one.marker}"
