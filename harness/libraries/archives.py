"""What concerns libraries in a wheel and in a Debian package; nothing is unpacked to disk."""

import ast
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.libraries.core.dynamic import MAGIC, Linked, read_dynamic
from harness.libraries.core.imports import Mention, mentions, reach
from harness.libraries.core.loads import opened
from harness.libraries.core.missing import module_name
from harness.sources.deb import files_of

_LARGEST = 1 << 30
"""Bytes of an ELF file that are read."""
_SMALLEST = 64
_TEXTS = (".py", ".pyi", ".txt", ".h", ".hpp", ".md", ".rst", ".json", ".html", ".js", ".css")
_LONGEST_SOURCE = 4 << 20
_MOST_FILES = 200_000
_PACKAGE = "/__init__.py"
_SCHEMES = {"purelib": "", "platlib": "", "data": "../../../", "scripts": "../../../bin/"}
_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|docs?|examples?)/|(?:^|/)(?:test_\w*|conftest)\.py$")


def read_wheel(wheel: Path) -> dict[str, Any]:
    """Return the ELF files of a wheel, which of them are modules, and what its source opens."""
    with zipfile.ZipFile(wheel) as archive:
        members = _members(archive)
        files, modules = _libraries(archive, members)
        found = opened({name: data for name, _, data in _sources(archive, members)}, files)
    return {
        "files": {path: asdict(linked) for path, linked in files.items()},
        "modules": sorted(modules),
        "packages": sorted({_module(path) for path in members if path.endswith(_PACKAGE)}),
        "opens": sorted(found.names),
        "loads": sorted(found.loads),
    }


def read_imports(wheel: Path) -> dict[str, Any]:
    """Return which modules of a wheel are imported, or are there for users to import."""
    mentioned: dict[str, list[Mention]] = {}
    with zipfile.ZipFile(wheel) as archive:
        members = _members(archive)
        modules = {name for path in members if (name := module_name(path))}
        packages = {_module(path) for path in members if path.endswith(_PACKAGE)}
        for name, path, data in _sources(archive, members):
            with suppress(SyntaxError, ValueError, RecursionError):
                is_package = path.endswith(_PACKAGE)
                mentioned[name] = [*mentions(ast.parse(data), name, is_package=is_package)]
    found = reach(mentioned, modules, packages)
    return {"modules": sorted(found.modules), "loose": sorted(found.loose)}


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of a wheel by where they are installed."""
    first = archive.infolist()[:_MOST_FILES]
    return {installed(one.filename): one for one in first if not one.is_dir()}


def _libraries(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]
) -> tuple[dict[str, Linked], list[str]]:
    files: dict[str, Linked] = {}
    modules: list[str] = []
    for path, one in members.items():
        if _is_elf(archive, one):
            data = archive.read(one)
            with suppress(ValueError):  # debug information alone, or for another machine
                files[path] = read_dynamic(data)
                name = module_name(path).rpartition(".")[2]
                modules += [path] if name and b"\0PyInit_%s\0" % name.encode() in data else []
    return files, modules


def _sources(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]
) -> Iterator[tuple[str, str, bytes]]:
    """Yield name, path and bytes of the modules with source, but for tests and examples."""
    for path, one in members.items():
        if path.endswith(".py") and one.file_size <= _LONGEST_SOURCE and not _TESTS.search(path):
            yield _module(path), path, archive.read(one)


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def installed(member: str) -> str:
    """Return where a member of a wheel is installed, seen from site-packages."""
    top, _, rest = member.partition("/")
    scheme, _, below = rest.partition("/")
    return _SCHEMES[scheme] + below if top.endswith(".data") and scheme in _SCHEMES else member


def _is_elf(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bool:
    if not _SMALLEST <= one.file_size <= _LARGEST or one.filename.endswith(_TEXTS):
        return False
    with archive.open(one) as file:
        return file.read(len(MAGIC)) == MAGIC


def read_deb(deb: Path, directory: str) -> dict[str, Any]:
    """Return the names of the libraries that a package has directly in the directory."""
    return {"names": sorted(set(_names(deb, directory)))}


def _names(deb: Path, directory: str) -> Iterator[str]:
    for path in files_of(deb, limit=_LARGEST):
        above, _, name = path.rpartition("/")
        if above == directory and ".so" in name:
            yield name
