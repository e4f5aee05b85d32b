"""Look for missing libraries of a locked environment before anything of it is built.

Its inputs are in the store by then. Only what is missing is looked up in Debian's indexes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from harness.errors import HarnessError, InputError
from harness.fetch.present import missing as missing_inputs
from harness.host.core.architecture import ARCHITECTURES
from harness.libraries import facts
from harness.libraries.core.advice import Addition, Found, refusal
from harness.libraries.core.missing import Wheel, missing, opened
from harness.libraries.core.names import files_named
from harness.libraries.core.spec import LibrariesTable
from harness.lock.core.required import required
from harness.lock.core.required import wheels as locked_wheels
from harness.lock.core.values import Lock, LockedTarget
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.sources import contents, debian
from harness.sources.core.debian.closure import Universe, closure
from harness.sources.core.input import Input
from harness.store.core import storepath
from harness.store.verbs import NIX, Store

_MOST = 40
"""Libraries that are opened by name, of which packages are looked up."""


def refuse_missing(environment: Environment, *, system: str, store: Store = NIX) -> None:
    """Refuse an environment that lacks libraries; what may be missing is not looked up.

    Raises:
        InputError, ToolError: as `require_libraries`.

    """
    _refuse(environment, look(environment, system=system, store=store, by_name=False))


def require_libraries(environment: Environment, *, system: str, store: Store = NIX) -> Found:
    """Return what may be missing.

    Raises:
        InputError: a module of a wheel needs a library that would not be there; says what to add.
        ToolError: as `look`.

    """
    found = look(environment, system=system, store=store)
    _refuse(environment, found)
    return found


def _refuse(environment: Environment, found: Found) -> None:
    if found.needed:
        where = environment.shown(environment.spec_path)
        declared = read_lock(environment).debian_packages
        raise InputError(f"{environment.name}: {refusal(found, declared, where)}")


def look_ahead(environment: Environment, *, system: str, store: Store = NIX) -> Found:
    """Do so where all inputs of a lock are in the store; nothing is downloaded to find out.

    Raises:
        InputError, ToolError: as `require_libraries`.

    """
    lock = read_lock(environment)
    if system not in lock.targets or missing_inputs(required(lock, [system]), store):
        return Found()
    return require_libraries(environment, system=system, store=store)


def look(
    environment: Environment, *, system: str, store: Store = NIX, by_name: bool = True
) -> Found:
    """Return which libraries are missing, with the packages of Debian that have them.

    `by_name`: those, too, that may be missing because they are opened by name.

    Raises:
        ToolError: the cache cannot be written.

    """
    lock = read_lock(environment)
    target = lock.targets[system]
    every = locked_wheels(lock, system)
    wheels = _wheels(lock, every, store)
    base = _base(target, store)
    unused = environment.table(LibrariesTable).libraries.unused
    needed = [one for one in missing(wheels, base, target.glibc) if one.library not in unused]
    if needed:
        wheels = _imported(wheels, every, {one.package for one in needed}, store)
        needed = [one for one in missing(wheels, base, target.glibc) if one.library not in unused]
    opens = [one for one in opened(wheels, base) if by_name and one[1] not in unused]
    unread = [(one.package, one.unread) for one in wheels if one.unread]
    if not needed and not opens:
        return Found(unread=unread)
    by_need = [one.library for one in needed]
    addition = _addition(lock, target, by_need, [name for _, name in opens])
    return Found(
        needed=needed,
        opened=[one for one in opens if one[1] in addition.packages],
        addition=addition,
        unread=unread,
    )


def _at(file: Input, store: Store) -> Path:
    return store.place(storepath.flat(file.store_name, file.sha256))


def _wheels(lock: Lock, every: Sequence[Input], store: Store) -> list[Wheel]:
    owners = {one.file: package.name for package in lock.packages for one in package.wheels}
    values = facts.read([("wheel", one.sha256, _at(one, store), "") for one in every])
    return [facts.wheel(owners[one.file], value) for one, value in zip(every, values, strict=True)]


def _imported(
    wheels: Sequence[Wheel], every: Sequence[Input], packages: Collection[str], store: Store
) -> list[Wheel]:
    """Return the wheels with what of some packages is imported: that takes long to read."""
    asked = {
        wheel.package: ("imports", one.sha256, _at(one, store), "")
        for wheel, one in zip(wheels, every, strict=True)
        if wheel.package in packages
    }
    found = dict(zip(asked, map(facts.reach, facts.read([*asked.values()])), strict=True))
    return [replace(wheel, reach=found.get(wheel.package)) for wheel in wheels]


def _base(target: LockedTarget, store: Store) -> frozenset[str]:
    directory = f"lib/{ARCHITECTURES[target.system].multiarch}"
    asked = [("deb", d.input.sha256, _at(d.input, store), directory) for d in target.debs]
    return frozenset(name for value in facts.read(asked) for name in value.get("names", ()))


def _addition(
    lock: Lock, target: LockedTarget, needed: Sequence[str], by_name: Sequence[str]
) -> Addition:
    architecture = ARCHITECTURES[target.system]
    try:
        offered: dict[str, set[str]] = {}
        for suite in lock.suites:
            listed = contents.libraries(suite, architecture.debian, architecture.multiarch)
            for name, packages in listed.items():
                offered.setdefault(name, set()).update(packages)
        files = {**files_named(needed, offered), **files_named(by_name, offered)}
        offers = {
            name: {one for file in found for one in offered[file]} for name, found in files.items()
        }
        if not offers:
            return Addition()
        universe = Universe(
            (one for s in lock.suites for one in debian.candidates(s, architecture.debian)),
            architecture.debian,
        )
        return _chosen(offers, universe, target, needed)
    except HarnessError as error:
        return Addition(unknown=str(error))


def _chosen(
    offers: Mapping[str, set[str]],
    universe: Universe,
    target: LockedTarget,
    needed: Collection[str],
) -> Addition:
    """Return the package for each name of those that have it: with what is smallest to add."""
    present = {deb.package for deb in target.debs}
    packages: dict[str, str] = {}
    for name, candidates in islice(offers.items(), len(needed) + _MOST):
        libraries = {one for one in candidates if not one.endswith(("-dev", "-dbg"))}
        packages[name] = min(
            libraries or candidates, key=lambda one: (*_extent([one], universe, present), one)
        )
    wanted = _outermost({packages[name] for name in needed if name in packages}, universe)
    size, count = _extent(wanted, universe, present)
    return Addition(packages=packages, add=tuple(sorted(wanted)), count=count, size=size)


def _outermost(packages: set[str], universe: Universe) -> set[str]:
    """Return those that none of the others brings."""
    brought: dict[str, set[str]] = {}
    for one in packages:
        with suppress(InputError):
            brought[one] = {*closure([one], universe)}
    return {
        one
        for one in packages
        if not any(one in names and name != one for name, names in brought.items())
    }


def _extent(roots: Iterable[str], universe: Universe, present: set[str]) -> tuple[int, int]:
    try:
        new = [one for name, one in closure(roots, universe).items() if name not in present]
    except (InputError, KeyError):
        return 2**60, 0
    return sum(int(one.paragraph["size"]) for one in new), len(new)
