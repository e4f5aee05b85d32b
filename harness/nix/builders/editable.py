"""Make an editable wheel lead to a shell's own files: editable.py WHEEL PROJECT PACKAGE.

A backend writes where the project stands as it is built, a directory that is gone afterwards. The
directories that it names, in .pth files or in import hooks of setuptools and of editables, become
ones below $HARNESS_PROJECT, which a shell sets.
"""

import ast
import os
import re
import sys
import zipfile
from pathlib import Path

WAY = (
    'import os, sys; "HARNESS_PROJECT" in os.environ and '
    'sys.path.append(os.path.normpath(os.path.join(os.environ["HARNESS_PROJECT"], {0!r})))'
)
"""A line of a .pth file, which Python runs as it starts."""


def main(wheel: str, project: str, package: str) -> None:
    """Write the wheel anew, with a .pth of ours in place of what names the build."""
    with zipfile.ZipFile(wheel) as archive:
        members = {one: archive.read(one) for one in archive.infolist()}
    ways = [one for one in members if "/" not in one.filename and is_way(one.filename)]
    texts = ((one.filename, members[one].decode()) for one in ways)
    roots = {root for name, text in texts for root in roots_in(name, text, Path(project))}
    if not roots:
        sys.exit("the backend makes an editable wheel that leads to no directory of the project")
    lines = "".join(f"{WAY.format(str(root))}\n" for root in sorted(roots))
    with zipfile.ZipFile(wheel, "w") as archive:
        for one, content in members.items():
            if one not in ways:
                archive.writestr(one, content)
        archive.writestr(f"__harness_{re.sub(r'[-_.]+', '_', package)}.pth", lines)


def is_way(name: str) -> bool:
    """Tell whether a file at the top of a wheel may be what leads to the project."""
    return name.endswith((".pth", ".py"))


def roots_in(name: str, text: str, project: Path) -> list[Path]:
    """Return the directories, below the project, that a .pth or an import hook puts on sys.path."""
    if name.endswith(".pth"):
        lines = (line.strip() for line in text.splitlines())
        return [below(line, project) for line in lines if line.startswith("/")]
    found = []
    for package, path in mappings(text):
        if not path.endswith(f"/{package.replace('.', '/')}"):
            sys.exit(
                f"{package} is in {below(path, project)}: a shell can see a package only where its "
                "directory has its name"
            )
        found.append(below(path, project).parents[package.count(".")])
    return found


def mappings(text: str) -> list[tuple[str, str]]:
    """Return the packages, and where they are, that a hook of setuptools or editables states."""
    found: list[tuple[str, str]] = []
    for one in ast.walk(ast.parse(text)):
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value:
            named = one.target if isinstance(one, ast.AnnAssign) else one.targets[0]
            if isinstance(named, ast.Name) and named.id == "MAPPING":
                found += ast.literal_eval(one.value).items()
        elif isinstance(one, ast.Call) and getattr(one.func, "attr", "") == "map_module":
            package, path = map(ast.literal_eval, one.args)
            found.append((package, path.removesuffix("/__init__.py")))
    return [(package, path.removesuffix(".py")) for package, path in found]


def below(path: str, project: Path) -> Path:
    """Return a path of the build's relative to the project; nothing else is there elsewhere."""
    place = Path(os.path.normpath(path))
    if not place.is_relative_to(project):
        sys.exit(f"{path}: the editable wheel leads out of the project")
    return place.relative_to(project)


if __name__ == "__main__":
    main(*sys.argv[1:])
