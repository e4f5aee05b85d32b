"""What a build needs in the store: each input of a lock with its store path."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from harness.errors import InputError
from harness.lock.core.values import Lock, LockedTarget, Package, Seed
from harness.project.core.addressed import Commit
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter
from harness.store.core import storepath


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A file's distribution, as an index finds it: name, version, and for which target.

    `index` names the index that it comes from, if not the usual one.
    """

    name: str
    version: str
    target: LockedTarget
    index: str | None = None
    is_sdist: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """A store path and the file to download for it.

    The path holds the file itself, except for the seed: `is_seed` says that it holds what is
    unpacked from the file. `source` says where to look for the file.
    """

    path: str
    input: Input
    source: Pin | LockedDeb | LockedInterpreter | Commit
    is_seed: bool = False


def required(lock: Lock, systems: Iterable[str]) -> list[Required]:
    """Return what building these systems needs, each path once, in a fixed order.

    Raises:
        InputError: the lock has no such system.

    """
    found: dict[str, Required] = {}
    for system in systems:
        if system not in lock.targets:
            raise InputError(
                f"the lock is for {', '.join(lock.targets)} and not for {system}; "
                "add it to `targets` in env.toml and run `harness lock`"
            )
        for need in _of_target(lock, lock.targets[system]):
            found.setdefault(need.path, need)
    return list(found.values())


def wheels(lock: Lock, system: str) -> list[Input]:
    """Return the wheels that the environment of a system consists of."""
    chosen = set(lock.targets[system].wheels)
    return [wheel for package in lock.packages for wheel in package.wheels if wheel.file in chosen]


def sdists(lock: Lock, system: str) -> list[tuple[Package, Input]]:
    """Return the packages that a system builds, each with the sdist that it is built from."""
    chosen = {one.file for one in lock.targets[system].sdists}
    found = ((package, package.sdist) for package in lock.packages)
    return [(package, file) for package, file in found if file and file.file in chosen]


def files(lock: Lock, system: str) -> list[Input]:
    """Return the wheels of a system's environment, and the sdists that others are built from."""
    chosen = lock.targets[system].files
    return [file for package in lock.packages for file in package.files if file.file in chosen]


def _of_target(lock: Lock, target: LockedTarget) -> Iterator[Required]:
    yield from of_packages(target.seed, (*target.debs, *target.tools, *target.compiler))
    if target.interpreter:
        yield _file(target.interpreter.input, target.interpreter)
    name, version, *_ = lock.installer.file.split("-")
    yield _file(lock.installer, Pin(name=name, version=version, target=target))
    chosen = (
        target.files | {file for one in target.sdists for file in one.build} | {*target.project}
    )
    for package in (*lock.packages, *lock.build):
        pin = Pin(name=package.name, version=package.version, target=target, index=package.index)
        for file in package.files:
            if file.file in chosen:
                found = replace(pin, is_sdist=file is package.sdist)
                yield _file(file, package.commit or found)


def of_packages(seed: Seed, debs: Iterable[LockedDeb]) -> Iterator[Required]:
    """Yield what a seed and Debian packages need."""
    yield Required(
        path=storepath.recursive("seed", seed.nar_sha256),
        input=seed.deb.input,
        source=seed.deb,
        is_seed=True,
    )
    for deb in debs:
        yield _file(deb.input, deb)


def _file(file: Input, source: Pin | LockedDeb | LockedInterpreter | Commit) -> Required:
    path = storepath.flat(file.store_name, file.sha256)
    return Required(path=path, input=file, source=source)
