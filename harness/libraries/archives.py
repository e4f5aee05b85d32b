"""What concerns libraries in a wheel and in a Debian package; nothing is unpacked to disk."""

import ast
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.libraries.core.dynamic import MAGIC, Linked, read_dynamic
from harness.libraries.core.missing import module_name
from harness.libraries.core.python_source import Mention, mentions, opened, required
from harness.sources.deb import files_of

_LARGEST = 1 << 30
"""Bytes of an ELF file that are read."""
_LONGEST_SOURCE = 4 << 20
_MOST_FILES = 200_000
_SCHEMES = {"purelib": "", "platlib": "", "data": "../../../", "scripts": "../../../bin/"}
_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|docs?|examples?)/|(?:^|/)(?:test_\w*|conftest)\.py$")


def read_wheel(wheel: Path) -> dict[str, Any]:
    """Return the ELF files of a wheel, which of them are modules, and what its source opens."""
    files: dict[str, Linked] = {}
    modules: dict[str, str] = {}
    mentioned: dict[str, list[Mention]] = {}
    opens: set[str] = set()
    with zipfile.ZipFile(wheel) as archive:
        members = [(one, installed(one.filename)) for one in archive.infolist()[:_MOST_FILES]]
        for one, path in members:
            if one.is_dir() or _is_elf(archive, one) is False:
                continue
            data = archive.read(one)
            with suppress(ValueError):  # debug information alone, or for another machine
                files[path] = read_dynamic(data)
            name = module_name(path)
            if (
                path in files
                and name
                and b"\0PyInit_%s\0" % name.rpartition(".")[2].encode() in data
            ):
                modules[name] = path
        for one, path in members:
            if (
                path.endswith(".py")
                and one.file_size <= _LONGEST_SOURCE
                and not _TESTS.search(path)
            ):
                _read_source(archive.read(one), path, mentioned, opens)
    needed = required(mentioned, modules)
    return {
        "files": {path: asdict(linked) for path, linked in files.items()},
        "modules": sorted(modules.values()),
        "optional": sorted(path for name, path in modules.items() if name not in needed),
        "opens": sorted(opens),
    }


def installed(member: str) -> str:
    """Return where a member of a wheel is installed, seen from site-packages."""
    top, _, rest = member.partition("/")
    scheme, _, below = rest.partition("/")
    return _SCHEMES[scheme] + below if top.endswith(".data") and scheme in _SCHEMES else member


def _is_elf(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bool:
    if one.file_size > _LARGEST or one.filename.endswith((".py", ".pyi", ".txt", ".h")):
        return False
    with archive.open(one) as file:
        return file.read(len(MAGIC)) == MAGIC


def _read_source(
    data: bytes, path: str, mentioned: dict[str, list[Mention]], opens: set[str]
) -> None:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return
    is_package = path.endswith("/__init__.py")
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    mentioned[module] = list(mentions(tree, module, is_package=is_package))
    opens |= opened(data.decode(errors="replace"), tree)


def read_deb(deb: Path, directory: str) -> dict[str, Any]:
    """Return the names of the libraries that a package has directly in the directory."""
    return {"names": sorted(set(_names(deb, directory)))}


def _names(deb: Path, directory: str) -> Iterator[str]:
    for path in files_of(deb, limit=_LARGEST):
        above, _, name = path.rpartition("/")
        if above == directory and ".so" in name:
            yield name
