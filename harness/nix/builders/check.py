"""Run one check of an environment; $out is its log, written only when the check holds.

What is imported of a dependency is what its wheel brings: each top-level module, and what is below
a namespace, if that is named as the package is or there is nothing else. Each import has a process
of its own, so that none sees what another has loaded. A module that lacks another which nothing in
the environment brings is a warning, if the package has another that works and it is not the one
that is called as the package is; anything else that cannot be imported fails the check.

In the environment: out, environment, base, python, kind (`imports` or `pip-check`), and for imports
dependencies, imports and skipped (JSON lists).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution
from importlib.util import find_spec
from pathlib import Path

sys.path.extend(map(str, Path(os.environ["base"], "usr/share/python-wheels").glob("pip-*.whl")))

from pip._vendor.packaging.markers import Marker

ENVIRONMENT = Path(os.environ["environment"])
PYTHON = str(ENVIRONMENT / "bin/python")
SITE_PACKAGES = ENVIRONMENT / f"lib/python{os.environ['python']}/site-packages"
HOME = Path(os.environ["TMPDIR"]) / "home"
MOST_SECONDS = 600
LAST_LINES = 8
DECLARES_NAMESPACE = re.compile(rb"extend_path|declare_namespace")
EXTENSION = re.compile(r"(.+?)(\.cpython-[a-z0-9_-]+|\.abi3)?\.so")
IMPORT = """
import importlib, sys
try:
    importlib.import_module(sys.argv[1])
except ModuleNotFoundError as error:
    print(error.name or "", file=open(sys.argv[2], "w"))
    raise
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A module that was imported: why that failed, if it did, and which module it lacks, if so."""

    module: str
    said: str = ""
    lacks: str = ""

    @property
    def works(self) -> bool:
        """Whether it could be imported."""
        return not self.said

    @property
    def why(self) -> str:
        """The last line that was said, which names the exception."""
        return self.said.splitlines()[-1]


def main() -> None:
    """Run with a home and a PATH that hold nothing but the environment."""
    HOME.mkdir()
    kind = os.environ["kind"]
    warnings = imports() if kind == "imports" else pip_check()
    lines = [f"{kind} holds", *warnings]
    Path(os.environ["out"]).write_text("".join(f"{line}\n" for line in lines))


def pip_check() -> list[str]:
    """Let pip look whether all requirements are met; there is nothing to warn of."""
    argv = [PYTHON, f"{sys.path[-1]}/pip", "check", "--disable-pip-version-check"]
    done = subprocess.run(argv, env=variables(), cwd=HOME, check=False)
    if done.returncode != 0:
        sys.exit(f"the check pip-check failed with status {done.returncode}")
    return []


def variables() -> dict[str, str]:
    """Return all the variables that what is started here sees."""
    return {
        "PATH": f"{ENVIRONMENT}/bin:{os.environ['base']}/usr/bin",
        "HOME": str(HOME),
        "TMPDIR": os.environ["TMPDIR"],
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",  # Nix lets builders print to a terminal
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "315532800",
    }


def imports() -> list[str]:
    """Import what the dependencies bring and what env.toml names; return the warnings."""
    dependencies, named, skipped = (
        json.loads(os.environ[name]) for name in ("dependencies", "imports", "skipped")
    )
    brought = {name: modules(name, skipped) for name in filter(None, map(applying, dependencies))}
    wanted = {*named, *(module for found in brought.values() for module in found)} - {*skipped}
    tried = {module: attempt(module) for module in sorted(wanted)}
    excused = {
        module
        for name, found in brought.items()
        for module in optional(name, [tried[one] for one in found]) - {*named}
    }
    failed = [one for one in tried.values() if not one.works and one.module not in excused]
    warnings = [warning(tried[module]) for module in sorted(excused)]
    print("\n".join(warnings))
    for one in failed:
        print(f"\ncannot import {one.module}:")
        print("\n".join(f"  {line}" for line in one.said.splitlines()[-LAST_LINES:]))
    if failed:
        causes = "".join(f"\n  {one.module}: {one.why}" for one in failed)
        sys.exit(f"\n{len(failed)} of {len(tried)} modules cannot be imported:{causes}")
    return warnings


def applying(requirement: str) -> str | None:
    """Return the name of a requirement's package, if it is wanted on this machine."""
    name, _, marker = requirement.partition(";")
    if marker.strip() and not Marker(marker.strip()).evaluate():
        return None
    return re.split(r"[^A-Za-z0-9._-]", name.strip(), maxsplit=1)[0]


def modules(name: str, skipped: Iterable[str]) -> list[str]:
    """Return what can be imported of a package; below a module that is skipped, nothing is."""
    found = next(iter(Distribution.discover(name=name, path=[str(SITE_PACKAGES)])), None)
    if found is None:
        sys.exit(f"{name} is not in the environment, though it is a dependency: run `harness lock`")
    files = {path.as_posix() for path in found.files or () if ".." not in path.parts}
    outermost = {module for file in files if (module := importable(file, files))}
    top = {module for module in outermost if "." not in module}
    own = {module for module in outermost if is_named(name, module.partition(".")[0])}
    return sorted(
        module
        for module in (top | own or outermost)
        if not any(is_within(module, one) for one in skipped)
    )


def is_named(package: str, top: str) -> bool:
    """Tell whether a namespace is what a package's name begins with; `docs` or `tests` are not."""
    return plain(package).startswith(plain(top))


def plain(name: str) -> str:
    """Return a package's or module's name without what separates its words."""
    return re.sub(r"[-_.]+", "", name).lower()


def importable(file: str, files: set[str]) -> str | None:
    """Return the outermost module that a file is part of, or nothing."""
    *directories, last = file.split("/")
    for count in range(1, len(directories) + 1):
        package = "/".join(directories[:count])
        if f"{package}/__init__.py" in files and not is_namespace(package):
            return dotted(directories[:count])
    module = module_of(file, last)
    return dotted([*directories, module]) if module and not module.startswith("__") else None


def module_of(file: str, last: str) -> str | None:
    """Return the module that a file is, if it is one by its name, or as a library by its entry."""
    if last.endswith(".py"):
        return last.removesuffix(".py")
    match = EXTENSION.fullmatch(last)
    if match is None:
        return None
    is_extension = match[2] or f"PyInit_{match[1]}".encode() in (SITE_PACKAGES / file).read_bytes()
    return match[1] if is_extension else None


def is_namespace(package: str) -> bool:
    """Tell whether a package's own file only declares that others share the name."""
    return bool(DECLARES_NAMESPACE.search((SITE_PACKAGES / package / "__init__.py").read_bytes()))


def dotted(parts: list[str]) -> str | None:
    """Return the name of a module, if it can be one."""
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None


def is_within(module: str, outer: str) -> bool:
    """Tell whether a module is another, or in it."""
    return module == outer or module.startswith(f"{outer}.")


def attempt(module: str) -> Tried:
    """Import a module in a process of its own."""
    lacking = HOME / "lacking"
    argv = [PYTHON, "-W", "ignore", "-c", IMPORT, module, str(lacking)]
    lacking.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            argv,
            env=variables(),
            cwd=HOME,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Tried(module=module, said=f"took more than {MOST_SECONDS} seconds")
    if done.returncode == 0:
        print("imported", module)
        return Tried(module=module)
    said = done.stdout.strip() or f"ended with status {done.returncode} and said nothing"
    return Tried(
        module=module, said=said, lacks=lacking.read_text().strip() if lacking.exists() else ""
    )


def optional(package: str, tried: list[Tried]) -> set[str]:
    """Return the modules of a package that need another package, and that it can do without.

    The one that is called as the package is, is never among them.
    """
    lacking = {one.module for one in tried if one.lacks and is_of_others(one.lacks)}
    others = {module for module in lacking if plain(module) != plain(package)}
    return others if any(one.works for one in tried) else set()


def is_of_others(lacking: str) -> bool:
    """Tell whether a package that is not here would bring a module: none here has its place."""
    parts = lacking.split(".")
    if not all(map(str.isidentifier, parts)):
        return False
    if parts[0] in sys.stdlib_module_names:
        return find_spec(parts[0]) is None
    for count in range(1, len(parts) + 1):
        place = "/".join(parts[:count])
        if not (SITE_PACKAGES / place).is_dir():
            return not [*SITE_PACKAGES.glob(f"{place}.*")]
        if (SITE_PACKAGES / place / "__init__.py").exists() and not is_namespace(place):
            return False
    return False


def warning(one: Tried) -> str:
    """Say what is not tried, and what to write if that is right."""
    return (
        f"warning: {one.module} is not imported, for it needs {one.lacks}, which no dependency "
        f'brings; if it is not needed: [checks] skip-imports = ["{one.module}"]'
    )


main()
