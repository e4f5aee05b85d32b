"""Choose the packages of a base, or keep those of the lock before, and take the seed's hash."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, InputError, IntegrityError, ToolError, together
from harness.host.core.architecture import ARCHITECTURES
from harness.host.files import explained
from harness.host.http import session
from harness.host.scratch import scratch
from harness.lock.core.values import LockedTarget, Seed
from harness.project.core.spec import EnvSpec
from harness.sources import debian
from harness.sources.core.debian.closure import Candidate, Universe, closure
from harness.sources.core.debian.relation import Alternative
from harness.sources.core.debian.version import upstream
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter
from harness.sources.deb import unpack_seed
from harness.sources.download import download
from harness.sources.standalone import lock_interpreter
from harness.store import trees


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseLock:
    """The part of a locked target that the base decides."""

    python: str
    glibc: tuple[int, int]
    seed: Seed
    debs: tuple[LockedDeb, ...]
    tools: tuple[LockedDeb, ...]
    interpreter: LockedInterpreter | None = None


def kept_base(previous: LockedTarget) -> BaseLock:
    """Return the base of an earlier lock as it is."""
    return BaseLock(
        python=previous.python,
        glibc=previous.glibc,
        seed=previous.seed,
        debs=previous.debs,
        tools=previous.tools,
        interpreter=previous.interpreter,
    )


def lock_base(spec: EnvSpec, system: str) -> BaseLock:
    """Choose the base anew from the suites' signed indexes.

    Raises:
        InputError: a package is in none of the suites.
        ToolError, IntegrityError: as `harness.sources.debian`.

    """
    architecture = ARCHITECTURES[system].debian
    universe = Universe(
        (one for suite in spec.suites for one in debian.candidates(suite, architecture)),
        architecture,
    )
    _require_packages(spec.debian_packages, "debian-packages", spec, universe)
    row = spec.base
    roots = [package.format(python=spec.python) for package in row.packages]
    base = closure([*roots, *spec.debian_packages], universe)
    tools = closure(row.tools, universe)
    busybox = closure([row.seed], universe)[row.seed]
    glibc = upstream(base["libc6"].version).split(".")
    own = lock_interpreter(row.interpreter, system) if row.interpreter else None
    return BaseLock(
        python=row.interpreter.version if row.interpreter else _version(base, spec),
        glibc=(int(glibc[0]), int(glibc[1])),
        seed=seed(locked(busybox)),
        debs=tuple(locked(base[name]) for name in sorted(base)),
        tools=tuple(locked(tools[name]) for name in sorted(tools.keys() - base.keys())),
        interpreter=own,
    )


def lock_compiler(spec: EnvSpec, system: str) -> tuple[LockedDeb, ...]:
    """Choose what sdists are compiled with, whole: it has libraries and headers of its own.

    Raises:
        InputError: the base has nothing to compile with.
        ToolError, IntegrityError: as `harness.sources.debian`.

    """
    if not spec.base.compiler:
        raise InputError(
            f"{spec.base.name} has no headers of its Python, so no sdist is compiled on it; take "
            "versions that have wheels"
        )
    architecture = ARCHITECTURES[system].debian
    universe = Universe(
        (one for suite in spec.suites for one in debian.candidates(suite, architecture)),
        architecture,
    )
    _require_packages(spec.compiler_packages, "compiler-packages", spec, universe)
    roots = [package.format(python=spec.python) for package in spec.base.compiler]
    found = closure([*roots, *spec.compiler_packages], universe)
    return tuple(locked(found[name]) for name in sorted(found))


def _version(base: Mapping[str, Candidate], spec: EnvSpec) -> str:
    return upstream(base[f"python{spec.python}"].version)


def _require_packages(names: Iterable[str], key: str, spec: EnvSpec, universe: Universe) -> None:
    """Require that the suites have what env.toml names.

    Raises:
        InputError: names the first that they have not, and one that looks like it.

    """
    for name in names:
        if universe.find(Alternative(name=name)) is None:
            near = universe.near(name)
            hint = f"; did you mean {near!r}?" if near else ""
            suites = ", ".join(spec.suites)
            raise InputError(f"{key}: no package {name!r} in {suites}{hint}")


def locked(candidate: Candidate) -> LockedDeb:
    """Return what a lock says of a package; an IntegrityError names a broken index."""
    paragraph, path = candidate.paragraph, candidate.paragraph["filename"]
    if not paragraph["size"].isdigit():
        raise IntegrityError(f"the index's entry of {candidate.name}: size is not a number")
    try:
        file = Input(
            file=path.rpartition("/")[2],
            size=int(paragraph["size"]),
            sha256=paragraph["sha256"],
        )
    except InputError as error:
        raise IntegrityError(f"the index's entry of {candidate.name}: {error}") from error
    return LockedDeb(
        package=candidate.name,
        version=candidate.version,
        path=path,
        archive=candidate.archive,
        input=file,
    )


def seed(deb: LockedDeb) -> Seed:
    """Download the static busybox once, to lock the hash of the directory that holds it alone."""
    with scratch() as top, explained(top):
        package, directory = top / deb.input.store_name, top / "seed"
        _download(deb, package)
        unpack_seed(package, directory)
        return Seed(deb=deb, nar_sha256=trees.nar_sha256(directory))


def _download(deb: LockedDeb, destination: Path) -> None:
    problems: list[HarnessError] = []
    with session() as connections:
        for url in debian.deb_urls(deb):
            try:
                return download(connections, url, deb.input, destination, lambda _: None)
            except (ToolError, IntegrityError) as error:
                problems.append(error)
    raise together(problems)
