"""Merge wheels into one tree that behaves as a virtual environment of the base's interpreter.

Real directories and a link per file: the loader's $ORIGIN and namespace packages see one tree, and
no package's directory is taken whole from one wheel. Two wheels that bring different contents for
one path are an error that names both, unless env.toml says whose file it is.

In the environment: out, base, python ("3.11"), version ("3.11.2"), wheelsPath and collisionsPath
(files: the wheels' store paths; a JSON object of path -> package).
"""

import filecmp
import json
import os
import re
import sys
from pathlib import Path

OUT = Path(os.environ["out"])
PYTHON = os.environ["python"]
HOME = Path(os.environ["base"]) / "usr/bin"
SITE_PACKAGES = f"lib/python{PYTHON}/site-packages"
BASE_SHEBANG = f"#!{HOME}/python{PYTHON}".encode()
OWN_SHEBANG = f"#!{OUT}/bin/python{PYTHON}".encode()

PIP = """\
import sys
from pathlib import Path

sys.path.insert(0, str(next(Path(sys.base_prefix, "share/python-wheels").glob("pip-*.whl"))))
from pip._internal.cli.main import main

sys.exit(main())
"""


def main() -> None:
    """Read every wheel's files, settle collisions, then make the tree."""
    wheels = [Path(path) for path in Path(os.environ["wheelsPath"]).read_text().split()]
    collisions = json.loads(Path(os.environ["collisionsPath"]).read_text())
    files, problems = merge(wheels, collisions)
    if problems:
        sys.exit("\n".join(problems))
    for path, wheel in files.items():
        place(wheel / path, OUT / path)
    make_virtual_environment()


def merge(wheels: list[Path], collisions: dict[str, str]) -> tuple[dict[str, Path], list[str]]:
    """Return whose file each path is, and what cannot be settled."""
    files: dict[str, Path] = {}
    problems = []
    unused = dict(collisions)
    for wheel in wheels:
        for path in files_below(wheel):
            other = files.setdefault(path, wheel)
            if other == wheel:
                continue
            owner = collisions.get(source_of(path))
            unused.pop(source_of(path), None)
            if owner == package(wheel):
                files[path] = wheel
            elif owner != package(other) and not filecmp.cmp(other / path, wheel / path, False):
                problems.append(collision(path, other, wheel, owner))
    problems += [f"collisions: {path!r} is not brought by two packages" for path in unused]
    return files, problems


def collision(path: str, one: Path, other: Path, owner: str | None) -> str:
    """Say who brings the path and what env.toml can say about it."""
    if owner:
        return (
            f"collisions: {path!r} is given to {owner}, "
            f"but {package(one)} and {package(other)} bring it"
        )
    return (
        f"{path}: {package(one)} and {package(other)} bring different files; "
        f'say in env.toml whose it is:\n  [collisions]\n  "{source_of(path)}" = "{package(one)}"'
    )


def source_of(path: str) -> str:
    """Return the module a byte code file belongs to (it goes where its source goes), or itself."""
    directory, _, name = path.rpartition("/")
    if not directory.endswith("__pycache__"):
        return path
    return f"{directory.removesuffix('__pycache__')}{name.split('.')[0]}.py"


def package(wheel: Path) -> str:
    """Return the normalised name of the distribution in a wheel's output."""
    found = next((wheel / SITE_PACKAGES).glob("*.dist-info"))
    return re.sub(r"[-_.]+", "-", found.name.partition("-")[0]).lower()


def files_below(root: Path) -> list[str]:
    """List files and links below `root`, relative, sorted."""
    found = []
    for directory, _, names in os.walk(root):
        prefix = os.path.relpath(directory, root)
        found += [name if prefix == "." else f"{prefix}/{name}" for name in names]
    return sorted(found)


def place(source: Path, target: Path) -> None:
    """Link a file; a script that starts with the base's interpreter gets this environment's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.parent == OUT / "bin":
        with source.open("rb") as file:
            if file.read(len(BASE_SHEBANG)) == BASE_SHEBANG:
                target.write_bytes(OWN_SHEBANG + file.read())
                target.chmod(0o755)
                return
    target.symlink_to(source)


def make_virtual_environment() -> None:
    """Add what `python -m venv` would: the interpreter under its names, pyvenv.cfg and a pip."""
    binaries = OUT / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    (OUT / SITE_PACKAGES).mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3", f"python{PYTHON}"):
        (binaries / name).symlink_to(HOME / f"python{PYTHON}")
    if not (binaries / "pip").exists():
        (binaries / "pip").write_bytes(OWN_SHEBANG + b"\n" + PIP.encode())
        (binaries / "pip").chmod(0o755)
    version = ".".join(map(str, sys.version_info[:3]))
    (OUT / "pyvenv.cfg").write_text(
        f"home = {HOME}\ninclude-system-site-packages = false\nversion = {version}\n"
    )


main()
