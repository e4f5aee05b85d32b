"""Lock an environment: env.toml in, every input by hash out, the same bytes from the same facts.

Whatever the lock before says is kept while it fits; `update` names what may move. Nothing is
written before the whole lock is made.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Required, TypedDict, Unpack

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from harness.errors import InputError, MachineError
from harness.host.core.architecture import ARCHITECTURES
from harness.host.files import write_atomically
from harness.lock.base import BaseLock, kept_base, lock_base
from harness.lock.building import Found, build_wheels, find, locked_project
from harness.lock.chosen import among, chosen
from harness.lock.core.layers import partition
from harness.lock.core.origins import has_address, index_of, moved
from harness.lock.core.pins import Pin, allowed, unmet
from harness.lock.core.preferred import preferences
from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.core.unmoved import Held, held, require_alike, require_kept_debs
from harness.lock.core.values import Lock, LockedTarget, Package
from harness.lock.core.weight import cuda
from harness.lock.foreign import Foreign, Hashes, Wishes
from harness.lock.left_out import left_out
from harness.lock.own_package import own_names, refuse_own
from harness.lock.sdists import Ask, Common, Sdists, build_files, joined, nobody, recorded
from harness.project.core.spec import EnvSpec, spec_sha256
from harness.project.repository import Environment, read
from harness.sources import index
from harness.sources.core.input import Input
from harness.sources.core.listed import weak
from harness.sources.core.notice import Kind, Notice
from harness.sources.core.supply import Supply, supply_of
from harness.sources.core.target import Target

ALL = "all"
BASE = "base"
_CONFLICT = re.compile(rb"^<{7} ", re.MULTILINE)
"""What git leaves where it could not merge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """The lock of an environment, whether its file had to be written, and what to know of it.

    `previous` is the lock before, if pins were kept to it.
    """

    lock: Lock
    changed: bool
    previous: Lock | None = None
    notices: tuple[Notice, ...] = ()


class How(TypedDict, total=False):
    """How a lock is to be made.

    `spec` stands in for env.toml where that is yet to be written; `update` holds package names,
    "base" or "all"; `foreign` is another tool's file, whose versions and hashes are taken over;
    `ask` asks the backends of sdists.
    """

    record_urls: Required[bool]
    spec: EnvSpec
    update: Sequence[str]
    foreign: Foreign | Wishes
    ask: Ask


def lock(environment: Environment, **how: Unpack[How]) -> Locked:
    """Make the lock and write it where it differs.

    Raises:
        InputError: env.toml cannot be met, or a package to update is not locked.
        ToolError: the index or a mirror cannot be reached.
        IntegrityError: an index's signature or hash does not hold.

    """
    spec, foreign = how.get("spec") or environment.spec(), how.get("foreign")
    update = how.get("update", ())
    refuse_own(environment, spec)
    where = environment.shown(environment.lock_path)
    before = read(environment.lock_path, where) if environment.lock_path.exists() else None
    previous = None
    if before is not None and ALL not in update:
        previous = _previous(before, where, may_be_foreign=foreign is not None)
    if previous and not update and foreign is None and previous.spec_sha256 == spec_sha256(spec):
        return replace(_written(environment, previous, before), previous=previous)
    update = [_known(name, previous) for name in update]
    asked = Asked(
        spec=spec,
        update=update,
        record_urls=how["record_urls"],
        foreign=foreign,
        ask=how.get("ask", nobody),
        found=find(environment, spec),
    )
    try:
        made = make_lock(asked, previous)
    except InputError as error:
        if isinstance(foreign, Foreign) or isinstance(error, MachineError):
            raise
        raise InputError(f"{environment.shown(environment.spec_path)}: {error}") from error
    told = (*asked.notices, *_own(environment, made), *cuda(made, previous))
    notices = (*(foreign.notices if foreign else ()), *told)
    written = _written(environment, made, before)
    return replace(written, previous=previous, notices=tuple(dict.fromkeys(notices)))


def _own(environment: Environment, made: Lock) -> Iterator[Notice]:
    """Yield packages that only others require, and that have the name of the repository's own."""
    names = own_names(environment.repository)
    for package in made.packages:
        if place := names.get(package.name):
            subject = f"{package.name} {package.version}"
            yield Notice(kind=Kind.OWN, subject=subject, detail=place)


def rewrite(environment: Environment, made: Lock) -> Lock:
    """Write a lock in place of the one that stands there."""
    write_atomically(environment.lock_path, encode_lock(made))
    return made


def _written(environment: Environment, made: Lock, before: bytes | None) -> Locked:
    """Write the lock unless it stands there already; one without layers is written again."""
    data = encode_lock(made)
    if data != before:
        write_atomically(environment.lock_path, data)
    return Locked(lock=made, changed=data != before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a lock is to be made from; `notices` fills with what to know of it.

    `found` is what git knows of the repository's own package.
    """

    spec: EnvSpec
    update: Sequence[str]
    record_urls: bool
    foreign: Foreign | Wishes | None = None
    ask: Ask = nobody
    found: Found = field(default_factory=Found)
    notices: list[Notice] = field(default_factory=list)

    @property
    def hashes(self) -> Hashes:
        """What the files of packages may have, as another tool's file says."""
        return self.foreign.hashes if self.foreign else {}


def _common(asked: Asked, previous: Lock | None, target: Target) -> Common:
    """Return what every target is locked from; any target will do to find the installer."""
    found = previous.installer if previous else _installer(asked.spec, target)
    return Common(
        spec=asked.spec,
        installer=recorded(found, urls=asked.record_urls),
        before=_held(asked, previous),
        previous=previous,
        urls=asked.record_urls,
        ask=asked.ask,
    )


def make_lock(asked: Asked, previous: Lock | None) -> Lock:
    """Choose base and wheels for each target, and merge the targets."""
    asked = replace(asked, update=[*asked.update, *moved(asked.spec, previous)])
    spec, update, urls = asked.spec, asked.update, asked.record_urls
    bases = {system: _base(spec, system, previous, update) for system in spec.targets}
    targets = {
        system: Target(architecture=ARCHITECTURES[system], python=base.python, glibc=base.glibc)
        for system, base in bases.items()
    }
    common = _common(asked, previous, targets[spec.targets[0]])
    built = {system: Sdists(common, target, bases[system]) for system, target in targets.items()}
    free = [name for name in update if name not in {ALL, BASE}]
    tell = asked.notices.append
    own = {system: build_wheels(common, target, free, tell) for system, target in targets.items()}
    project = locked_project(spec.own, previous, update, asked.found) if spec.own else None
    if project and project.compiler:
        for each in built.values():
            each.compile_own()
    packages: dict[tuple[str, str], dict[str, Input]] = {}
    for system, target in targets.items():
        for one in _permitted(_versions(asked, target, previous, built[system]), asked, target):
            kept = has_address(one[0], spec, usual=urls)
            file = recorded(chosen(one, target, common.before, spec.built), urls=kept)
            packages.setdefault(one[:2], {})[system] = file
    builds = (
        one.known[pin].build for one in built.values() for pin in packages if pin in one.known
    )
    return Lock(
        base=spec.base.name,
        suites=spec.suites,
        debian_packages=spec.debian_packages,
        spec_sha256=spec_sha256(spec),
        requires_python=f"=={spec.python}.*",
        installer=common.installer,
        packages=tuple(_merged(packages, spec)),
        targets=_targets(built, packages, previous, own),
        dependencies=tuple(sorted(spec.dependencies)) if spec.declares_elsewhere else (),
        build=joined((*own.values(), *builds)),
        project=project,
    )


def _targets(
    built: Mapping[str, Sdists],
    packages: Mapping[tuple[str, str], Mapping[str, Input]],
    previous: Lock | None,
    own: Mapping[str, tuple[Package, ...]],
) -> dict[str, LockedTarget]:
    found = {
        system: _locked_target(
            one, {pin: each[system] for pin, each in packages.items() if system in each}, previous
        )
        for system, one in built.items()
    }
    return {
        system: replace(target, project=build_files(own[system]))
        for system, target in found.items()
    }


def _versions(
    asked: Asked, target: Target, previous: Lock | None, sdists: Sdists
) -> list[index.Resolved]:
    if isinstance(asked.foreign, Foreign):
        return _taken_over(asked, asked.foreign, target)
    sdists.learn_commits()
    resolved = _resolved(asked, target, previous, sdists.supply)
    while sdists.learn(resolved):
        resolved = _resolved(asked, target, previous, sdists.supply)
    asked.notices.extend(left_out(asked.spec, target, _new(resolved, previous)))
    return resolved


def _held(asked: Asked, previous: Lock | None) -> Held:
    """Return files that stay what they are: not against what another tool's file says."""
    if isinstance(asked.foreign, Foreign):
        return held(None)
    return held(previous, {*asked.update, *asked.hashes})


def _permitted(
    resolved: Iterable[index.Resolved], asked: Asked, target: Target
) -> Iterator[index.Resolved]:
    for one in resolved:
        hashes = asked.hashes.get(one[0])
        yield among(one, target, hashes) if hashes else one


def _known(name: str, previous: Lock | None) -> str:
    if name in {ALL, BASE}:
        return name
    every = (*previous.packages, *previous.build) if previous else ()
    own = [previous.project.name] if previous and previous.project else []
    locked = [*(package.name for package in every), *own]
    if canonicalize_name(name) not in locked:
        near = get_close_matches(name, locked, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"--update {name}: the lock holds no such package{hint}")
    return canonicalize_name(name)


def _previous(data: bytes, where: str, *, may_be_foreign: bool) -> Lock | None:
    """Return the lock before; its pins are not given up without being told so."""
    try:
        return decode_lock(data, where)
    except InputError as error:
        if may_be_foreign:
            return None
        merged = f"after a merge, `git checkout --ours {where}` and lock again; "
        hint = merged if _CONFLICT.search(data) else ""
        raise InputError(f"{error}; {hint}`--update all` makes it anew") from error


def _base(spec: EnvSpec, system: str, previous: Lock | None, update: Sequence[str]) -> BaseLock:
    if previous is None or system not in previous.targets or BASE in update:
        return lock_base(spec, system)
    before = previous.targets[system]
    same = (previous.base, previous.suites) == (spec.base.name, spec.suites)
    if same and previous.debian_packages == spec.debian_packages:
        return kept_base(before)
    made = lock_base(spec, system)
    require_kept_debs((*made.debs, *made.tools, made.seed.deb), before, may_move=not same)
    return made


def _locked_target(
    built: Sdists, files: Mapping[tuple[str, str], Input], previous: Lock | None
) -> LockedTarget:
    system, base = built.target.architecture.system, built.base
    before = previous.targets.get(system) if previous else None
    same = {file.sha256 for one in previous.packages for file in one.files} if previous else set()
    sdists = [built.known[pin].sdist for pin in sorted(files) if pin in built.known]
    wheels = {name: file for (name, _), file in files.items()}
    moved = [name for name, file in wheels.items() if file.sha256 not in same]
    return LockedTarget(
        system=system,
        python=base.python,
        glibc=base.glibc,
        seed=base.seed,
        debs=base.debs,
        tools=base.tools,
        interpreter=base.interpreter,
        wheels=tuple(sorted(file.file for pin, file in files.items() if pin not in built.known)),
        layers=partition(
            {name: wheel.size for name, wheel in wheels.items()},
            before.layers if before else (),
            moved,
        ),
        sdists=tuple(sdists),
        compiler=built.compiler if built.own_compiled or any(s.compiler for s in sdists) else (),
    )


def _resolved(
    asked: Asked, target: Target, previous: Lock | None, supply: Supply
) -> list[index.Resolved]:
    free = [name for name in asked.update if name not in {ALL, BASE}]
    meant = asked.foreign.versions if isinstance(asked.foreign, Wishes) else {}
    before = preferences(previous, meant)
    return index.resolve(
        asked.spec.dependencies,
        target,
        supply,
        preferred=index.Preferred(lock=before, free=free) if before else None,
        on_notice=asked.notices.append,
    )


def _new(resolved: Iterable[index.Resolved], previous: Lock | None) -> set[tuple[str, str]]:
    """Return the versions that the lock before does not have."""
    before = {(one.name, one.version) for one in previous.packages} if previous else set()
    return {(name, version) for name, version, _ in resolved} - before


def _taken_over(asked: Asked, foreign: Foreign, target: Target) -> list[index.Resolved]:
    """Return what another tool's lock pins, with the index's files that it allows."""
    if asked.spec.built:
        raise InputError(f"{foreign.where}: sdists: what is taken over are wheels alone")
    pins = foreign.pins(target)
    if missing := unmet(asked.spec.dependencies, pins, target):
        raise InputError(f"{foreign.where}: does not satisfy {', '.join(missing)} of env.toml")
    by_name = {pin.name: pin for pin in pins}
    asked.notices.extend(_weak(pins, foreign.where))
    wanted = [(pin.name, pin.version) for pin in pins]
    found = index.find(wanted, target, supply_of(asked.spec), asked.notices.append)
    return [(name, one, allowed(by_name[name], files, target)) for name, one, files in found]


def _weak(pins: Iterable[Pin], where: str) -> Iterator[Notice]:
    for pin in pins:
        if algorithms := next(filter(None, (weak(wheel.hashes) for wheel in pin.wheels or ())), ""):
            subject = f"{where}: {pin.name} {pin.version}"
            yield Notice(kind=Kind.WEAK, subject=subject, detail=algorithms)


def _installer(spec: EnvSpec, target: Target) -> Input:
    usual = replace(supply_of(spec), indexes=(), sdists=(), by_commit=(), constraints=())
    (resolved,) = index.resolve(["installer"], target, usual)
    return chosen(resolved, target, held(None))


def _merged(
    packages: Mapping[tuple[str, str], Mapping[str, Input]], spec: EnvSpec
) -> Iterable[Package]:
    """Yield one package a version; a marker tells the targets apart where only some use it."""
    for (name, version), wheels in sorted(packages.items()):
        machines = [ARCHITECTURES[system].machine for system in spec.targets if system in wheels]
        files = _once(wheels.values())
        is_built = name in spec.built
        marker = Marker(" or ".join(f"platform_machine == '{machine}'" for machine in machines))
        yield Package(
            name=name,
            version=version,
            wheels=() if is_built else files,
            sdist=files[0] if is_built else None,
            marker=str(marker) if len(wheels) < len(spec.targets) else None,
            index=index_of(name, spec),
            commit=spec.commits.get(name),
        )


def _once(wheels: Iterable[Input]) -> tuple[Input, ...]:
    """Return each file once; an IntegrityError names one that is not the same for two targets."""
    found: dict[str, Input] = {}
    for wheel in wheels:
        require_alike(found.setdefault(wheel.file, wheel), wheel)
    return tuple(found.values())
