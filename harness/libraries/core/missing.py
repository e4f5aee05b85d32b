"""Which libraries the modules of an environment need and would not find.

The loader's order (ld.so(8)): DT_RPATH of the library and of those that load it, DT_RUNPATH of the
library alone, then the base. A library of any wheel counts as found wherever it lies, because
packages load others' libraries before they are needed (CUDA's do). Drivers come with the machine.
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from harness.libraries.core.dynamic import Linked, beyond
from harness.libraries.core.imports import Reach
from harness.libraries.core.names import is_named

_DRIVER = re.compile(r"lib(?:cuda|nvidia-[a-z]+|nvcuvid|cudadebugger)\.so\.1|ld-linux.*")
_MODULE = re.compile(r"(?:[A-Za-z_]\w*/)*([A-Za-z_]\w*)(?:\.[A-Za-z0-9_-]+)*\.so")
_TESTS = {"test", "tests", "testing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel's ELF files by their paths below site-packages, and what its Python source tells.

    `modules` are the files that Python can import, `loads` what its source opens of them by name,
    `packages` the directories that are one. `opens` are names of libraries that it opens. `reach`
    tells which modules are imported; while that was not read, all of them are.
    """

    package: str
    files: Mapping[str, Linked] = field(default_factory=dict)
    modules: Collection[str] = ()
    loads: Collection[tuple[str, str]] = ()
    packages: Collection[str] = ()
    opens: Collection[str] = ()
    reach: Reach | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A library that a module of a package needs, and the file that asks for it."""

    package: str
    library: str
    module: str
    by: str


def module_name(path: str) -> str:
    """Return what a file is imported as, nothing where its path is none that can be imported."""
    match = _MODULE.fullmatch(path)
    parts = path.split("/")[:-1]
    return ".".join([*parts, match[1]]) if match and not _TESTS & set(parts) else ""


def missing(
    wheels: Collection[Wheel], base: Collection[str], glibc: tuple[int, int]
) -> Iterator[Missing]:
    """Yield what modules that are imported would not find, once a package and library."""
    files = {path: one for wheel in wheels for path, one in wheel.files.items()}
    packages = {one for wheel in wheels for one in wheel.packages}
    names: dict[str, str] = {}
    for path, one in files.items():
        names.setdefault(posixpath.basename(path), path)
        names.setdefault(one.soname, path)
    search = _Search(files=files, names=names, base=frozenset(base), glibc=glibc)
    for wheel in wheels:
        seen: set[str] = set()
        told: set[str] = set()
        for root, module in sorted(_roots(wheel, packages).items()):
            for by, library in search.unmet(root, seen):
                if library not in told:
                    told.add(library)
                    yield Missing(package=wheel.package, library=library, module=module, by=by)


def _roots(wheel: Wheel, packages: Collection[str]) -> dict[str, str]:
    """Return the files that imports load, with the module that is imported."""
    roots = {path: module for module, path in wheel.loads if path in wheel.files}
    roots |= {path: module_name(path) for path in wheel.modules}
    return {path: name for path, name in roots.items() if _is_imported(name, wheel, packages)}


def _is_imported(name: str, wheel: Wheel, packages: Collection[str]) -> bool:
    if wheel.reach is None or name in wheel.reach.modules:
        return True
    return name in wheel.reach.loose and name.rpartition(".")[0] in packages


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    files: Mapping[str, Linked]
    names: Mapping[str, str]
    base: frozenset[str]
    glibc: tuple[int, int]

    def unmet(self, root: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        """Yield (file, library) of what a file, and what it reaches, would not find."""
        waiting: list[tuple[str, tuple[str, ...]]] = [(root, ())]
        while waiting:
            path, inherited = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            one = self.files[path]
            own = tuple(_directories(path, one.search))
            if newer := beyond(one.versions, self.glibc):
                yield path, newer
            below = (*own, *inherited) if one.inherited or not own else inherited
            for name in one.needed:
                found = self._found(name, (*own, *inherited))
                if found:
                    waiting.append((found, below))
                elif found is None:
                    yield path, name

    def _found(self, name: str, directories: tuple[str, ...]) -> str | None:
        """Return the file of a wheel, "" for one of base or driver, None if there is none."""
        places = (posixpath.normpath(posixpath.join(one, name)) for one in directories)
        if found := next((place for place in places if place in self.files), ""):
            return found
        if name in self.base or _DRIVER.fullmatch(name):
            return ""
        return self.names.get(posixpath.basename(name))


def _directories(path: str, search: tuple[str, ...]) -> Iterator[str]:
    origin = posixpath.dirname(path)
    for one in search:
        yield re.sub(r"\$(?:ORIGIN|\{ORIGIN\})", lambda _: origin or ".", one)


def opened(wheels: Collection[Wheel], base: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (package, library) of what is opened by name and is in no wheel and not in the base."""
    brought = {posixpath.basename(path) for wheel in wheels for path in wheel.files}
    for wheel in wheels:
        for name in sorted(wheel.opens):
            if not any(is_named(file, name) for file in (*base, *brought)):
                yield wheel.package, name
