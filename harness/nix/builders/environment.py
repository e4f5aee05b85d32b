"""Merge wheels into one tree that behaves as a virtual environment of the base's interpreter.

Real directories and a link per file: the loader's $ORIGIN and namespace packages see one tree, and
no package's directory is taken whole from one wheel (but byte code's, where no library looks from).
Two wheels that bring different contents for one path are an error that names both, unless env.toml
says whose file it is.

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
BINARIES = f"{OUT}/bin"
OWN_SHEBANG = f"#!{BINARIES}/python{PYTHON}".encode()

PIP = """\
import sys
from pathlib import Path

sys.path.insert(0, str(next(Path(sys.base_prefix, "share/python-wheels").glob("pip-*.whl"))))
from pip._internal.cli.main import main

sys.exit(main())
"""


def main() -> None:
    """Read every wheel's files, settle collisions, then make the tree."""
    wheels = Path(os.environ["wheelsPath"]).read_text().split()
    collisions = json.loads(Path(os.environ["collisionsPath"]).read_text())
    files, problems = merge(wheels, collisions)
    if problems:
        sys.exit("\n".join(problems))
    make_tree(files)
    make_virtual_environment()


def merge(wheels: list[str], collisions: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return whose file each path is, and what cannot be settled."""
    files: dict[str, str] = {}
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
            elif owner != package(other) and not same_content(other, wheel, path):
                problems.append(collision(path, other, wheel, owner))
    problems += [f"collisions: {path!r} is not brought by two packages" for path in unused]
    return files, problems


def same_content(one: str, other: str, path: str) -> bool:
    """Tell whether two wheels bring the same bytes, in which case it does not matter whose."""
    return filecmp.cmp(f"{one}/{path}", f"{other}/{path}", shallow=False)


def collision(path: str, one: str, other: str, owner: str | None) -> str:
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


def package(wheel: str) -> str:
    """Return the normalised name of the distribution in a wheel's output."""
    found = next(Path(wheel, SITE_PACKAGES).glob("*.dist-info"))
    return re.sub(r"[-_.]+", "-", found.name.partition("-")[0]).lower()


def files_below(root: str) -> list[str]:
    """List files and links below `root`, relative, sorted."""
    found = []
    for directory, _, names in os.walk(root):
        below = directory[len(root) + 1 :]
        found += [f"{below}/{name}" if below else name for name in names]
    return sorted(found)


def make_tree(files: dict[str, str]) -> None:
    """Make the directories, then a link for each file, or one for a whole byte code directory."""
    brought_by: dict[str, set[str]] = {}
    for path, wheel in files.items():
        brought_by.setdefault(os.path.dirname(path), set()).add(wheel)
    whole = {
        directory: next(iter(wheels))
        for directory, wheels in brought_by.items()
        if directory.endswith("/__pycache__") and len(wheels) == 1
    }
    for directory in sorted(brought_by.keys() - whole.keys()):
        os.makedirs(f"{OUT}/{directory}", exist_ok=True)
    for directory, wheel in whole.items():
        os.symlink(f"{wheel}/{directory}", f"{OUT}/{directory}")
    for path, wheel in files.items():
        if os.path.dirname(path) not in whole:
            place(f"{wheel}/{path}", f"{OUT}/{path}")


def place(source: str, target: str) -> None:
    """Link a file; a script that starts with the base's interpreter gets this environment's."""
    if os.path.dirname(target) == BINARIES:
        with open(source, "rb") as file:
            if file.read(len(BASE_SHEBANG)) == BASE_SHEBANG:
                Path(target).write_bytes(OWN_SHEBANG + file.read())
                os.chmod(target, 0o755)  # noqa: S103 - the store makes it 0555
                return
    os.symlink(source, target)


def make_virtual_environment() -> None:
    """Add what `python -m venv` would: the interpreter under its names, pyvenv.cfg and a pip."""
    binaries = Path(BINARIES)
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
