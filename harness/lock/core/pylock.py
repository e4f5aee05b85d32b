"""pylock.toml: PEP 751 plus `[tool.harness]`, between bytes and `Lock` (docs/lock.md shows it).

Written by us: one wheel a package and target, no dates (Nix cannot read them), sorted, so that the
same lock is the same bytes. Read with distrust: sizes and counts are bounded, a path is a bare file
name, and each error names the key.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import tomli_w
from packaging.pylock import Package as StandardPackage
from packaging.pylock import Pylock

from harness.documents.table import Table
from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.layers import PACKAGE_LAYERS, Layers, partition
from harness.lock.core.values import LOCK_FORMAT, Lock, LockedSdist, LockedTarget, Package, Seed
from harness.project.core.indexes import index_name
from harness.sources.core.input import Input
from harness.sources.core.listed import as_input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter
from harness.sources.core.standard_lock import VERSION, listed_sdist, read_standard, wheel_inputs

_POOL_PATH = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+~%:/-]*")
_GLIBC = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")
_RELEASE = re.compile(r"[0-9]{8}")
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
    packages = tuple(_packages(standard, indexes, where))
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
        installer=_finished_input(table.table("installer")),
        packages=packages,
        targets=_targets(table.table("targets"), packages, build),
        dependencies=table.texts("dependencies") if "dependencies" in table else (),
        build=build,
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


def _packages(standard: Pylock, indexes: Mapping[str, str], where: str) -> Iterable[Package]:
    seen: set[str] = set()
    inputs = wheel_inputs(standard, where)
    for package, (name, version, wheels) in zip(standard.packages, inputs, strict=True):
        sdist = _sdist(package, f"{where}: packages: {name}")
        files = (*wheels, *((sdist,) if sdist else ()))
        for listed in (f"{name} {version}", *(one.file for one in files)):
            if listed in seen:
                raise InputError(f"{where}: packages: {listed} is listed twice")
            seen.add(listed)
        for wheel in (*(package.wheels or ()), *((package.sdist,) if sdist else ())):
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
        )


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
    sdists = tuple(_sdists(table, known)) if "sdists" in table else ()
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
        interpreter=_interpreter(table),
    )
    table.finish()
    return target


def _sdists(table: Table, known: AbstractSet[str]) -> Iterable[LockedSdist]:
    """Read how sdists are built; an InputError names what is built with and not listed."""
    sdists = table.table("sdists")
    for name in sdists.names():
        one = sdists.table(name)
        for index, file in enumerate(one.texts("build")):
            if file not in known:
                raise one.error(f"build[{index}]", f"{file!r} is in no package of build")
        yield LockedSdist(
            name=name,
            file=one.text("file"),
            requires=one.texts("requires"),
            build=one.texts("build"),
            compiler=one.flag("compiler", default=False),
            extensions=one.flag("extensions", default=False),
        )
        one.finish()


def _interpreter(table: Table) -> LockedInterpreter | None:
    """Read the archive that Python comes from, if it is none of the debs."""
    if "interpreter" not in table:
        return None
    one = table.table("interpreter")
    release = one.text("release")
    if not _RELEASE.fullmatch(release):
        raise one.error("release", f"{release!r} is not a date like 20261021")
    return LockedInterpreter(release=release, input=_finished_input(one))


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


def read_seed(table: Table) -> Seed:
    """Read a seed's table; an InputError says where it is wrong."""
    nar_sha256 = table.text("nar-sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", nar_sha256):
        raise table.error("nar-sha256", "not a sha256 in lower-case hex")
    return Seed(nar_sha256=nar_sha256, deb=read_deb(table))


def read_deb(table: Table) -> LockedDeb:
    """Read a Debian package's table; an InputError says where it is wrong."""
    path = table.text("path")
    if not _POOL_PATH.fullmatch(path):
        raise table.error("path", f"{path!r} is not a path below a mirror's root")
    deb = LockedDeb(
        package=table.text("package"),
        version=table.text("version"),
        path=path,
        archive=table.text("archive"),
        input=_input(table),
    )
    table.finish()
    return deb


def _finished_input(table: Table) -> Input:
    file = _input(table)
    table.finish()
    return file


def _input(table: Table) -> Input:
    file, size, sha256, url = (
        table.text("file"),
        table.number("size"),
        table.text("sha256"),
        table.text("url", ""),
    )
    try:
        return Input(file=file, size=size, sha256=sha256, url=url or None)
    except InputError as error:
        raise InputError(f"{table.where}: {error}") from error


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
                **({"build": _encode_packages(lock.build)} if lock.build else {}),
                "installer": _encode_input(lock.installer),
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


def _encode_packages(packages: Iterable[Package]) -> list[dict[str, Any]]:
    return [
        _encode_package(package)
        for package in sorted(packages, key=lambda one: (one.name, one.version))
    ]


def _encode_package(package: Package) -> dict[str, Any]:
    marker = {} if package.marker is None else {"marker": package.marker}
    wheels = [_encode_file(one) for one in sorted(package.wheels, key=lambda one: one.file)]
    files = {"sdist": _encode_file(package.sdist)} if package.sdist else {"wheels": wheels}
    return {"name": package.name, "version": package.version, **marker, **files}


def _encode_file(file: Input) -> dict[str, Any]:
    return {
        **({"name": file.file, "url": file.url} if file.url else {"path": file.file}),
        "size": file.size,
        "hashes": {"sha256": file.sha256},
    }


def _encode_sdist(sdist: LockedSdist) -> dict[str, Any]:
    flags = {"compiler": sdist.compiler, "extensions": sdist.extensions}
    return {
        "file": sdist.file,
        "requires": list(sdist.requires),
        "build": sorted(sdist.build),
        **{name: True for name, is_so in flags.items() if is_so},
    }


def _encode_target(target: LockedTarget) -> dict[str, Any]:
    return {
        "python": target.python,
        "glibc": f"{target.glibc[0]}.{target.glibc[1]}",
        "wheels": sorted(target.wheels),
        "layers": [list(layer) for layer in target.layers],
        **(
            {"sdists": {one.name: _encode_sdist(one) for one in target.sdists}}
            if target.sdists
            else {}
        ),
        **({"compiler": _encode_debs(target.compiler)} if target.compiler else {}),
        "seed": {**encode_deb(target.seed.deb), "nar-sha256": target.seed.nar_sha256},
        "debs": _encode_debs(target.debs),
        "tools": _encode_debs(target.tools),
        **_encode_interpreter(target.interpreter),
    }


def _encode_debs(debs: Iterable[LockedDeb]) -> list[dict[str, Any]]:
    return [encode_deb(deb) for deb in sorted(debs, key=lambda deb: deb.package)]


def _encode_interpreter(one: LockedInterpreter | None) -> dict[str, Any]:
    if one is None:
        return {}
    return {"interpreter": {"release": one.release, **_encode_input(one.input)}}


def encode_deb(deb: LockedDeb) -> dict[str, Any]:
    """Return the table of a Debian package."""
    return {
        "package": deb.package,
        "version": deb.version,
        "path": deb.path,
        "archive": deb.archive,
        **_encode_input(deb.input),
    }


def _encode_input(file: Input) -> dict[str, Any]:
    url = {"url": file.url} if file.url else {}
    return {"file": file.file, "size": file.size, "sha256": file.sha256, **url}
