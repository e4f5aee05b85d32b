"""pylock.toml: PEP 751 plus `[tool.harness]`, between bytes and `Lock` (docs/lock.md shows it).

Written by us: one wheel a package and target, no dates (Nix cannot read them), sorted, so that the
same lock is the same bytes. Read with distrust: sizes and counts are bounded, a path is a bare file
name, and each error names the key.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any

import tomli_w
from packaging.pylock import Package as StandardPackage
from packaging.pylock import PackageVcs, Pylock
from packaging.requirements import Requirement

from harness.documents.table import Table
from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.built import (
    encode_project,
    encode_sdist,
    read_project,
    read_sdists,
    require_known,
)
from harness.lock.core.layers import PACKAGE_LAYERS, Layers, partition
from harness.lock.core.locked_files import (
    encode_deb,
    encode_debs,
    encode_input,
    encode_interpreter,
    read_deb,
    read_file,
    read_interpreter,
    read_seed,
)
from harness.lock.core.values import LOCK_FORMAT, Lock, LockedTarget, Package
from harness.project.core.addressed import Commit, commit_of
from harness.project.core.indexes import index_name
from harness.sources.core.input import Input
from harness.sources.core.listed import as_input
from harness.sources.core.standard_lock import VERSION, listed_sdist, read_standard, wheel_inputs

_GLIBC = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")
_PYTHON = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}(rc[0-9]{1,2})?")


def decode_lock(data: bytes, where: str) -> Lock:
    """Decode a lock that harness wrote.

    Raises:
        InputError: names the key path; a lock of another tool has no `[tool.harness]`.

    """
    document = parse_toml(data, where)
    standard = read_standard(document, where)
    tool = document.get("tool", {})
    if not isinstance(tool, dict) or "harness" not in tool:
        raise InputError(f"{where}: no [tool.harness]; take it over with `harness lock --from`")
    table = Table(tool["harness"], f"{where}: tool.harness")
    indexes = _indexes(table)
    commits = _commits(table)
    packages = tuple(_packages(standard, indexes, where, commits))
    if unknown := commits.keys() - {package.name for package in packages if package.commit}:
        raise table.error("commits", f"{min(unknown)} is no package by commit")
    build = tuple(_build(table, indexes))
    if unknown := indexes.keys() - {package.name for package in (*packages, *build)}:
        raise table.error("indexes", f"{min(unknown)} is no package of the lock")
    if table.number("format") != LOCK_FORMAT:
        raise table.error("format", f"this harness reads format {LOCK_FORMAT}")
    lock = Lock(
        base=table.text("base"),
        suites=table.texts("suites"),
        debian_packages=table.texts("debian-packages"),
        spec_sha256=table.text("spec"),
        requires_python=str(standard.requires_python or ""),
        installer=read_file(table.table("installer")),
        packages=packages,
        targets=_targets(table.table("targets"), packages, build),
        dependencies=table.texts("dependencies") if "dependencies" in table else (),
        build=build,
        project=read_project(table.table("project")) if "project" in table else None,
    )
    table.finish()
    return lock


def _indexes(table: Table) -> Mapping[str, str]:
    """Read which index each package comes from, by its name, where that is not the usual one."""
    if "indexes" not in table:
        return {}
    indexes = table.table("indexes")
    found: dict[str, str] = {}
    for index in indexes.names():
        try:
            index_name(index)
        except ValueError as error:
            raise indexes.error(index, str(error)) from error
        for package in indexes.texts(index):
            if found.setdefault(package, index) != index:
                raise indexes.error(index, f"{package} is also of {found[package]}")
    return found


def _commits(table: Table) -> Mapping[str, Input]:
    """Read what harness packs of packages by commit, by their names."""
    if "commits" not in table:
        return {}
    commits = table.table("commits")
    return {name: read_file(commits.table(name)) for name in commits.names()}


def _packages(
    standard: Pylock,
    indexes: Mapping[str, str],
    where: str,
    commits: Mapping[str, Input] = MappingProxyType({}),
) -> Iterable[Package]:
    seen: set[str] = set()
    inputs = wheel_inputs(standard, where)
    for package, (name, version, wheels) in zip(standard.packages, inputs, strict=True):
        at = f"{where}: packages: {name}"
        commit = _commit(package.vcs, name, at)
        sdist = commits.get(name) if commit else _sdist(package, at)
        if commit and not sdist:
            raise InputError(f"{at}: tool.harness.commits says nothing of it")
        files = (*wheels, *((sdist,) if sdist else ()))
        for listed in (f"{name} {version}", *(one.file for one in files)):
            if listed in seen:
                raise InputError(f"{where}: packages: {listed} is listed twice")
            seen.add(listed)
        for wheel in (*(package.wheels or ()), *((package.sdist,) if package.sdist else ())):
            if wheel.filename not in (wheel.name, wheel.path):
                raise InputError(f"{where}: packages: {name}: a file without name or path")
            if wheel.name and wheel.path and wheel.name != wheel.path:
                raise InputError(f"{where}: packages: {name}: {wheel.path!r} is not {wheel.name!r}")
        marker = None if package.marker is None else str(package.marker)
        index = indexes.get(name)
        yield Package(
            name=name,
            version=version,
            wheels=tuple(wheels),
            marker=marker,
            index=index,
            sdist=sdist,
            commit=commit,
        )


def _commit(vcs: PackageVcs | None, name: str, where: str) -> Commit | None:
    if vcs is None:
        return None
    try:
        commit = Commit(
            url=str(vcs.url), commit=vcs.commit_id, directory=str(vcs.subdirectory or "")
        )
        found = commit_of(Requirement(f"{name} @ {commit.requirement}"))
    except ValueError as error:
        raise InputError(f"{where}: vcs: {error}") from error
    if vcs.type != "git" or vcs.path:
        raise InputError(f"{where}: vcs: only a repository of git, by its address, is read")
    return found


def _sdist(package: StandardPackage, where: str) -> Input | None:
    listed = listed_sdist(package, where)
    try:
        return as_input(listed) if listed else None
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _build(table: Table, indexes: Mapping[str, str]) -> Iterable[Package]:
    """Read what sdists are built with: packages as the standard has them, of other names."""
    if "build" not in table:
        return ()
    document = {"lock-version": VERSION, "created-by": "", "packages": table.array("build")}
    return _packages(read_standard(document, table.at("build")), indexes, table.at("build"))


def _targets(
    table: Table, packages: tuple[Package, ...], build: tuple[Package, ...]
) -> dict[str, LockedTarget]:
    owners = {file.file: (package.name, file) for package in packages for file in package.files}
    known = frozenset(wheel.file for package in build for wheel in package.wheels)
    targets = {}
    for system in table.names():
        if system not in ARCHITECTURES:
            raise table.error(system, f"no such system; there are {', '.join(ARCHITECTURES)}")
        targets[system] = _target(table.table(system), system, owners, known)
    return targets


def _target(
    table: Table, system: str, owners: Mapping[str, tuple[str, Input]], known: AbstractSet[str]
) -> LockedTarget:
    wheels = table.texts("wheels")
    sdists = tuple(read_sdists(table, known)) if "sdists" in table else ()
    if "project" in table:
        require_known(table, "project", known)
    sizes: dict[str, int] = {}
    listed = [(f"wheels[{index}]", file) for index, file in enumerate(wheels)]
    for key, file in (*listed, *((f"sdists.{one.name}", one.file) for one in sdists)):
        if file not in owners:
            raise table.error(key, f"{file!r} is in no package")
        name, found = owners[file]
        if name in sizes:
            raise table.error(key, f"a second wheel of {name}")
        sizes[name] = found.size
    python, glibc = table.text("python"), _GLIBC.fullmatch(table.text("glibc"))
    if not _PYTHON.fullmatch(python):
        raise table.error("python", f"{python!r} is not a full version")
    if glibc is None:
        raise table.error("glibc", "expected a version like 2.36")
    target = LockedTarget(
        system=system,
        python=python,
        glibc=(int(glibc[1]), int(glibc[2])),
        seed=read_seed(table.table("seed")),
        debs=tuple(read_deb(deb) for deb in table.tables("debs")),
        tools=tuple(read_deb(deb) for deb in table.tables("tools")),
        wheels=wheels,
        layers=_layers(table, sizes),
        sdists=sdists,
        compiler=tuple(map(read_deb, table.tables("compiler"))) if "compiler" in table else (),
        interpreter=read_interpreter(table),
        project=table.texts("project") if "project" in table else (),
    )
    table.finish()
    return target


def _layers(table: Table, sizes: Mapping[str, int]) -> Layers:
    """Read which packages share a layer; a lock from before there were images says nothing."""
    if "layers" not in table:
        return partition(sizes)
    layers = tuple(table.arrays("layers"))
    if len(layers) > PACKAGE_LAYERS:
        raise table.error("layers", f"{len(layers)}; at most {PACKAGE_LAYERS}")
    if not all(layers) or sorted(name for layer in layers for name in layer) != sorted(sizes):
        raise table.error("layers", "expected each package of the target in exactly one layer")
    return layers


def encode_lock(lock: Lock) -> bytes:
    """Encode; the same value is always the same bytes."""
    return tomli_w.dumps(_document(lock)).encode()


def _document(lock: Lock) -> dict[str, Any]:
    machines = sorted(ARCHITECTURES[system].machine for system in lock.targets)
    return {
        "lock-version": VERSION,
        "created-by": "harness",
        "requires-python": lock.requires_python,
        "environments": [
            f"platform_machine == '{machine}' and sys_platform == 'linux'" for machine in machines
        ],
        "packages": _encode_packages(lock.packages),
        "tool": {
            "harness": {
                "format": LOCK_FORMAT,
                "base": lock.base,
                "suites": list(lock.suites),
                "debian-packages": list(lock.debian_packages),
                "spec": lock.spec_sha256,
                **({"dependencies": list(lock.dependencies)} if lock.dependencies else {}),
                **_encode_indexes((*lock.packages, *lock.build)),
                **_encode_commits(lock.packages),
                **encode_project(lock.project),
                **({"build": _encode_packages(lock.build)} if lock.build else {}),
                "installer": encode_input(lock.installer),
                "targets": {
                    system: _encode_target(lock.targets[system]) for system in sorted(lock.targets)
                },
            }
        },
    }


def _encode_indexes(packages: Iterable[Package]) -> dict[str, Any]:
    indexes: dict[str, list[str]] = {}
    for name, index in sorted({(one.name, one.index) for one in packages if one.index}):
        indexes.setdefault(index, []).append(name)
    return {"indexes": dict(sorted(indexes.items()))} if indexes else {}


def _encode_commits(packages: Iterable[Package]) -> dict[str, Any]:
    found = {one.name: encode_input(one.sdist) for one in packages if one.commit and one.sdist}
    return {"commits": dict(sorted(found.items()))} if found else {}


def _encode_packages(packages: Iterable[Package]) -> list[dict[str, Any]]:
    return [
        _encode_package(package)
        for package in sorted(packages, key=lambda one: (one.name, one.version))
    ]


def _encode_package(package: Package) -> dict[str, Any]:
    marker = {} if package.marker is None else {"marker": package.marker}
    wheels = [_encode_file(one) for one in sorted(package.wheels, key=lambda one: one.file)]
    files: dict[str, Any] = {"wheels": wheels}
    if package.commit:
        files = {"vcs": _encode_commit(package.commit)}
    elif package.sdist:
        files = {"sdist": _encode_file(package.sdist)}
    return {"name": package.name, "version": package.version, **marker, **files}


def _encode_commit(commit: Commit) -> dict[str, Any]:
    below = {"subdirectory": commit.directory} if commit.directory else {}
    return {"type": "git", "url": commit.url, "commit-id": commit.commit, **below}


def _encode_file(file: Input) -> dict[str, Any]:
    return {
        **({"name": file.file, "url": file.url} if file.url else {"path": file.file}),
        "size": file.size,
        "hashes": {"sha256": file.sha256},
    }


def _encode_target(target: LockedTarget) -> dict[str, Any]:
    return {
        "python": target.python,
        "glibc": f"{target.glibc[0]}.{target.glibc[1]}",
        "wheels": sorted(target.wheels),
        "layers": [list(layer) for layer in target.layers],
        **(
            {"sdists": {one.name: encode_sdist(one) for one in target.sdists}}
            if target.sdists
            else {}
        ),
        **({"project": sorted(target.project)} if target.project else {}),
        **({"compiler": encode_debs(target.compiler)} if target.compiler else {}),
        "seed": {**encode_deb(target.seed.deb), "nar-sha256": target.seed.nar_sha256},
        "debs": encode_debs(target.debs),
        "tools": encode_debs(target.tools),
        **encode_interpreter(target.interpreter),
    }
