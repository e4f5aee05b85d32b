"""Run one check of an environment; $out is its log, written only when the check holds.

In the environment: out, environment, python, kind, and what the kind needs: `dependencies`,
`imports`, `skipped` (JSON lists), or `line` (a bash command line).
"""

import os
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = Path(os.environ["environment"])
PYTHON = str(ENVIRONMENT / "bin/python")

IMPORTS = """
import importlib, json, os, re, sys
from importlib.metadata import distribution

def normalised(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement).group()

def applies(requirement):
    marker = requirement.partition(";")[2].strip()
    return not marker or Marker(marker).evaluate()

def top_level(name):
    for path in distribution(name).files or ():
        first, *rest = path.parts
        module = first if rest else first.partition(".")[0]
        if path.suffix in (".py", ".so") and module.isidentifier():
            yield module

from pip._vendor.packaging.markers import Marker

dependencies, imports, skipped = map(json.loads, sys.argv[1:])
modules = {m for d in dependencies if applies(d) for m in top_level(normalised(d))}
failed = 0
for module in sorted((modules | set(imports)) - set(skipped)):
    try:
        importlib.import_module(module)
        print("imported", module)
    except BaseException as error:
        failed += 1
        print(f"cannot import {module}: {type(error).__name__}: {error}")
sys.exit(1 if failed else 0)
"""


def pip() -> str:
    """Return the path of the base's own pip wheel."""
    wheels = Path(os.environ["base"]) / "usr/share/python-wheels"
    return str(next(wheels.glob("pip-*.whl")))


def command(kind: str) -> list[str]:
    """Return the argv of a check."""
    if kind == "imports":
        lists = [os.environ[name] for name in ("dependencies", "imports", "skipped")]
        program = f"import sys; sys.path.append({pip()!r})\n{IMPORTS}"
        return [PYTHON, "-W", "ignore", "-c", program, *lists]
    if kind == "pip-check":
        return [PYTHON, f"{pip()}/pip", "check", "--disable-pip-version-check"]
    return [f"{os.environ['base']}/bin/bash", "-eu", "-o", "pipefail", "-c", os.environ["line"]]


def main() -> None:
    """Run with a home and a PATH that hold nothing but the environment."""
    home = Path(os.environ["TMPDIR"]) / "home"
    home.mkdir()
    environment = {
        "PATH": f"{ENVIRONMENT}/bin:{os.environ['base']}/usr/bin",
        "HOME": str(home),
        "TMPDIR": os.environ["TMPDIR"],
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "315532800",
    }
    done = subprocess.run(command(os.environ["kind"]), env=environment, cwd=home, check=False)
    if done.returncode != 0:
        sys.exit(f"the check {os.environ['kind']} failed with status {done.returncode}")
    Path(os.environ["out"]).write_text(f"{os.environ['kind']} holds\n")


main()
