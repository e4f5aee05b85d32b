"""Packages that a target builds from their sdists: what builds them, and what they require.

uv opens no sdist. What one requires stands in its own metadata, or its backend is asked; what
builds it is resolved in two steps: what pyproject.toml requires, and then, with that pinned, what
the backend requires besides. A backend is only ever asked in the sandbox, and from a lock: a draft,
with the sdist and what builds it, so that what is asked is what will build.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.documents import document
from harness.errors import InputError
from harness.lock.base import BaseLock, lock_compiler
from harness.lock.chosen import chosen
from harness.lock.core.origins import has_address, index_of
from harness.lock.core.unmoved import Held, held, unmoved
from harness.lock.core.values import Lock, LockedSdist, LockedTarget, Package
from harness.project.core.spec import EnvSpec
from harness.render.address import plain
from harness.sources import index
from harness.sources.addressed import obtained
from harness.sources.commits import archived
from harness.sources.core.input import Input
from harness.sources.core.listed import Listed, as_input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.sdist import Sdist, build_requires, decode_stated
from harness.sources.core.supply import Stated, Supply, supply_of
from harness.sources.core.target import Target
from harness.sources.obtain import complete
from harness.sources.sdist import read_sdist

REQUIRES, METADATA = "requires", "metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a backend is asked: the attribute of `sdists.PACKAGE` of a draft of a lock."""

    draft: Lock
    system: str
    package: str
    attribute: str


Ask = Callable[[Question], str]


def nobody(question: Question) -> str:
    """Refuse to answer."""
    raise InputError(f"{question.package}: its backend cannot be asked here: `harness lock` does")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """How one sdist is built, and what builds it."""

    sdist: LockedSdist
    build: tuple[Package, ...]
    stated: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every target's sdists are locked from; `urls` says whether addresses are recorded."""

    spec: EnvSpec
    installer: Input
    before: Held
    previous: Lock | None
    urls: bool
    ask: Ask

    @property
    def of_wheels(self) -> Supply:
        """What builds something is chosen by: wheels alone."""
        return replace(supply_of(self.spec), sdists=(), by_commit=())

    def build_package(self, resolved: index.Resolved, target: Target, before: Held) -> Package:
        """Return what something is built with, by the wheel that a target takes of it.

        Raises:
            InputError, ToolError, IntegrityError: as `harness.lock.chosen.chosen`.

        """
        name, version, _ = resolved
        urls = has_address(name, self.spec, usual=self.urls)
        wheel = recorded(chosen(resolved, target, before), urls=urls)
        place = index_of(name, self.spec)
        return Package(name=name, version=version, wheels=(wheel,), index=place)


class Sdists:
    """What is learned of a target's sdists while versions are chosen.

    `known` has how each is built, by name and version; `compiler` fills where one is compiled.
    """

    def __init__(self, common: Common, target: Target, base: BaseLock) -> None:
        self.spec, self.target, self.base = common.spec, target, base
        self.known: dict[tuple[str, str], Built] = {}
        self.compiler: tuple[LockedDeb, ...] = ()
        self.own_compiled = False
        self._common = common
        system = target.architecture.system
        previous = common.previous
        self._before = previous.targets.get(system) if previous else None
        self._resolved: dict[tuple[str, ...], tuple[Package, ...]] = {}

    @property
    def supply(self) -> Supply:
        """What versions are to be chosen by, as far as it is known."""
        return replace(
            supply_of(self.spec), metadata=tuple(one.stated for one in self.known.values())
        )

    def learn_commits(self) -> None:
        """Learn of what is named by commit: no index knows its versions."""
        for name, commit in self.spec.commits.items():
            one = archived(name, commit)
            if (name, one.version) not in self.known:
                self.known[name, one.version] = self._of_file(
                    name, one.version, (one.path, one.listed)
                )

    def learn(self, resolved: Iterable[index.Resolved]) -> bool:
        """Learn of the sdists among chosen versions; return whether anything was new."""
        new = [
            one
            for one in resolved
            if one[0] in self.spec.built and one[:2] not in self.known and one[2]
        ]
        for name, version, files in new:
            self.known[name, version] = self._of_file(name, version, obtained(complete(files[0])))
        return bool(new)

    def _of_file(self, name: str, version: str, obtained: tuple[Path, Listed]) -> Built:
        path, known = obtained
        file = unmoved(name, as_input(known), self._common.before)
        own = read_sdist(path, (name, version))
        if own.compiled:
            self._need_compiler()
        draft = Package(
            name=name,
            version=version,
            wheels=(),
            sdist=recorded(file, urls=has_address(name, self.spec, usual=self._common.urls)),
            index=index_of(name, self.spec),
            commit=self.spec.commits.get(name),
        )
        requires, build = self._requires(draft, own)
        sdist = LockedSdist(
            name=name,
            file=file.file,
            requires=requires,
            build=build_files(build),
            compiler=own.compiled,
            extensions=self._has_extensions(name, version),
        )
        stated = own.stated or decode_stated(
            (name, version), self._asked(draft, sdist, build, METADATA)
        )
        return Built(sdist=sdist, build=build, stated=stated)

    def _requires(self, draft: Package, own: Sdist) -> tuple[tuple[str, ...], tuple[Package, ...]]:
        if kept := self._kept(draft):
            return kept
        first = self._packages(own.requires)
        sdist = LockedSdist(
            name=draft.name,
            file=draft.files[0].file,
            requires=own.requires,
            build=build_files(first),
            compiler=own.compiled,
        )
        more = _texts(self._asked(draft, sdist, first, REQUIRES), draft.name)
        wanted = tuple(dict.fromkeys((*own.requires, *more)))
        if wanted == own.requires:
            return wanted, first
        pins = (f"{one.name}=={one.version}" for one in first)
        return wanted, self._packages((*wanted, *pins))

    def _kept(self, draft: Package) -> tuple[tuple[str, ...], tuple[Package, ...]] | None:
        """Return what builds an sdist in the lock before, if it has the same one."""
        file = draft.files[0].file
        kept = file in self._common.before.files
        for one in self._before.sdists if self._before and kept else ():
            if one.file == file:
                every = self._common.previous.build if self._common.previous else ()
                return one.requires, part(every, frozenset(one.build))
        return None

    def _packages(self, requirements: tuple[str, ...]) -> tuple[Package, ...]:
        if requirements not in self._resolved:
            common = self._common
            self._resolved[requirements] = tuple(
                common.build_package(one, self.target, held(None))
                for one in index.resolve(requirements, self.target, common.of_wheels)
            )
        return self._resolved[requirements]

    def _has_extensions(self, name: str, version: str) -> bool:
        """Return whether the index has a wheel of the version that is compiled for the target."""
        if name in self.spec.without_extensions or name in self.spec.commits:
            return False
        listed = index.wheels(name, version, self.target, self._common.of_wheels)
        return any(not one.file.endswith("-any.whl") for one in listed)

    def compile_own(self) -> None:
        """Learn what compiles, for one's own package is compiled."""
        self.own_compiled = True
        self._need_compiler()

    def _need_compiler(self) -> None:
        self.compiler = self.compiler or self._compiler()

    def _compiler(self) -> tuple[LockedDeb, ...]:
        before = self._before
        if before and before.compiler and before.debs == self.base.debs:
            names = {deb.package for deb in before.compiler}
            if names >= {*self.spec.compiler_packages}:
                return before.compiler
        return lock_compiler(self.spec, self.target.architecture.system)

    def _asked(
        self, package: Package, sdist: LockedSdist, build: tuple[Package, ...], attribute: str
    ) -> str:
        system = self.target.architecture.system
        locked = LockedTarget(
            system=system,
            python=self.base.python,
            glibc=self.base.glibc,
            seed=self.base.seed,
            debs=self.base.debs,
            tools=self.base.tools,
            interpreter=self.base.interpreter,
            wheels=(),
            layers=((package.name,),),
            sdists=(sdist,),
            compiler=self.compiler if sdist.compiler else (),
        )
        draft = Lock(
            base=self.spec.base.name,
            suites=self.spec.suites,
            debian_packages=self.spec.debian_packages,
            spec_sha256="",
            requires_python=f"=={self.spec.python}.*",
            installer=self._common.installer,
            packages=(package,),
            targets={system: locked},
            build=build,
        )
        return self._common.ask(
            Question(draft=draft, system=system, package=package.name, attribute=attribute)
        )


def recorded(file: Input, *, urls: bool) -> Input:
    """Return the file with its address, less credentials, or without any."""
    return replace(file, url=plain(file.url) if urls and file.url else None)


def joined(found: Iterable[tuple[Package, ...]]) -> tuple[Package, ...]:
    """Return what any of several things is built with, each version once."""
    wheels: dict[tuple[str, str, str | None], dict[str, Input]] = {}
    for package in (package for one in found for package in one):
        own = wheels.setdefault((package.name, package.version, package.index), {})
        own.update({wheel.file: wheel for wheel in package.wheels})
    return tuple(
        Package(name=name, version=version, wheels=tuple(files.values()), index=place)
        for (name, version, place), files in sorted(wheels.items(), key=lambda one: one[0][:2])
    )


def part(build: Iterable[Package], files: frozenset[str]) -> tuple[Package, ...]:
    """Return the packages that have some of these wheels, with those alone."""
    every = ((one, tuple(w for w in one.wheels if w.file in files)) for one in build)
    return tuple(replace(one, wheels=own) for one, own in every if own)


def build_files(build: Iterable[Package]) -> tuple[str, ...]:
    """Return the files of the wheels that something is built with."""
    return tuple(sorted(wheel.file for package in build for wheel in package.wheels))


def _texts(answer: str, name: str) -> Sequence[str]:
    where = f"{name}: what its backend requires"
    return build_requires(document.decode(answer.encode(), where), where)
